//! What our operations make or change: data alone, as the journal stores it.
//!
//! Names of variants and fields are free to change, their spelling in the journal is not: a later
//! release undoes what an earlier one has written (`tests/provider/journal.rs` reads such rows).

use serde::{Deserialize, Serialize};
use std::fmt::Display;

/// The kind of a resource in front of a VM. None of them has a name of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicResourceKind {
    /// A public IP address.
    #[serde(rename = "address")]
    PublicIp,
    /// A firewall rule of a public IP address.
    FirewallRule,
    /// A load balancer rule.
    #[serde(rename = "load_balancer")]
    LoadBalancerRule,
}

impl PublicResourceKind {
    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PublicIp => "public address",
            Self::FirewallRule => "firewall rule",
            Self::LoadBalancerRule => "load balancer rule",
        }
    }
}

/// A public IP address, a firewall rule or a load balancer rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicResource {
    /// Its kind.
    #[serde(rename = "what")]
    pub kind: PublicResourceKind,
    /// Its id.
    pub id: String,
}

/// What a step makes or changes, so named that a process that knows nothing else can undo it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Intent {
    /// A VM that is being made, with its ephemeral disk.
    Vm {
        /// Its host name.
        name: String,
    },
    /// A volume that is being made.
    Volume {
        /// Its name.
        name: String,
    },
    /// A snapshot that is being taken.
    Snapshot {
        /// Its name.
        name: String,
    },
    /// A template that is being made, in whatever zones.
    Template {
        /// Its name.
        name: String,
    },
    /// A mark on a template that a second stemcell is made from.
    StemcellMark {
        /// The template's id.
        template: String,
        /// The tag's key.
        mark: String,
    },
    /// An affinity group that is being made. Its name is the operator's, and another may have
    /// made it: only the description tells that it is ours.
    AffinityGroup {
        /// Its name.
        name: String,
        /// Its description.
        note: String,
    },
    /// A security group that is being made, with its rules; as an affinity group.
    SecurityGroup {
        /// Its name.
        name: String,
        /// Its description.
        note: String,
    },
    /// A public key that is being registered, under a name that was not taken.
    KeyPair {
        /// Its name.
        name: String,
    },
    /// A volume that is being attached.
    Attachment {
        /// The volume's id.
        volume: String,
        /// The VM's id.
        vm: String,
        /// The id of ours under which the job runs. It tells whether it was this call that
        /// attached the disk: one that was attached before may be in use.
        job: String,
    },
    /// A VM that is being deleted. Once it is gone nothing tells that the ephemeral disks were
    /// its own, so they are written down first. Undone by finishing a deletion that is half
    /// done; one that has not begun is left alone.
    #[serde(rename = "deletion")]
    VmDeletion {
        /// The VM's id.
        vm: String,
        /// The ids of the disks that must go with it.
        ephemeral: Vec<String>,
        /// The public resources that must go with it.
        #[serde(default, rename = "outside")]
        public_resources: Vec<PublicResource>,
    },
    /// A public resource that is being made for a VM.
    #[serde(rename = "making")]
    PublicResourceCreation {
        /// Its kind.
        #[serde(rename = "what")]
        resource: PublicResourceKind,
        /// The id of ours under which the job runs: it tells the resource's id.
        job: String,
        /// The command.
        command: String,
        /// The VM's host name.
        vm: String,
    },
    /// A public resource of a VM whose id is known, and whose job is not at its end.
    #[serde(rename = "outside")]
    PublicResource {
        /// The resource.
        #[serde(rename = "thing")]
        resource: PublicResource,
        /// The VM's host name.
        vm: String,
    },
    /// A public address that is led to a VM.
    StaticNat {
        /// The address's id.
        address: String,
        /// The VM's id.
        vm: String,
    },
    /// A public address that is taken from a VM. Undone by giving it back.
    #[serde(rename = "taken_over")]
    StaticNatTakeover {
        /// The address's id.
        address: String,
        /// The id of the VM that had it.
        vm: String,
        /// The network in which that VM had it.
        network: String,
    },
    /// A VM that is being stopped, to be started again. Undone by starting it.
    #[serde(rename = "stopped")]
    VmStop {
        /// The VM's id.
        vm: String,
    },
    /// An image that is being published, for as long as the cloud fetches it.
    #[serde(rename = "published")]
    PublishedImage {
        /// Where, without anything secret.
        place: String,
        /// Its name there, which nothing else ever had.
        name: String,
    },
    /// A network that is being made.
    Network {
        /// Its name.
        name: String,
    },
    /// A change after which nothing is left over, whether it took effect or not: undone by
    /// nothing.
    Change {
        /// What changes: `reboot`, `detach`, `resize`, `delete`, `tags` …
        what: String,
        /// The id of what is changed.
        of: String,
    },
}

impl Intent {
    /// A change that needs no undo.
    pub(crate) fn change(what: &str, of: &str) -> Self {
        Self::Change { what: what.to_owned(), of: of.to_owned() }
    }
}

impl Display for Intent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Vm { name } => write!(f, "VM {name}"),
            Self::Volume { name } => write!(f, "volume {name}"),
            Self::Snapshot { name } => write!(f, "snapshot {name}"),
            Self::Template { name } => write!(f, "template {name}"),
            Self::StemcellMark { template, mark } => {
                write!(f, "mark {mark} on template {template}")
            }
            Self::AffinityGroup { name, .. } => write!(f, "affinity group {name}"),
            Self::SecurityGroup { name, .. } => write!(f, "security group {name}"),
            Self::KeyPair { name } => write!(f, "key pair {name}"),
            Self::Attachment { volume, vm, .. } => write!(f, "volume {volume} on VM {vm}"),
            Self::VmDeletion { vm, .. } => write!(f, "the half deleted VM {vm}"),
            Self::PublicResourceCreation { resource, vm, .. } => {
                write!(f, "a new {} of VM {vm}", resource.name())
            }
            Self::PublicResource { resource, vm } => {
                write!(f, "{} {} of VM {vm}", resource.kind.name(), resource.id)
            }
            Self::StaticNat { address, vm } => write!(f, "public address {address} to VM {vm}"),
            Self::StaticNatTakeover { address, vm, .. } => {
                write!(f, "public address {address}, taken from VM {vm}")
            }
            Self::VmStop { vm } => write!(f, "the stopped VM {vm}"),
            Self::PublishedImage { place, name } => write!(f, "{name} at {place}"),
            Self::Network { name } => write!(f, "network {name}"),
            Self::Change { what, of } => write!(f, "{what} of {of}"),
        }
    }
}

impl journal::Intent for Intent {
    /// A disk that was attached again by a later call must not be detached for an earlier one.
    fn superseded_by(&self) -> Option<&str> {
        match self {
            Self::Attachment { volume, .. } => Some(volume),
            _ => None,
        }
    }

    /// A disk that was attached before is in use.
    fn repeats(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (
                Self::Attachment { volume, vm, .. },
                Self::Attachment { volume: earlier_volume, vm: earlier_vm, .. },
            ) => (volume, vm) == (earlier_volume, earlier_vm),
            _ => false,
        }
    }
}
