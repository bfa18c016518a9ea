//! What a step of an operation makes or changes: the data that the journal holds. How it is undone
//! stands in `undo`.

use crate::properties::Tier;
use serde::{Deserialize, Serialize};
use std::fmt::Display;

/// A volume as it is ordered: what tells it from volumes of other orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskOrder {
    /// The data center's name.
    pub datacenter: String,
    /// In GB.
    pub size: u64,
    /// Of a performance volume.
    pub iops: Option<u64>,
    /// Of an endurance volume.
    pub tier: Option<Tier>,
    /// Whether it is billed by the hour.
    pub hourly: bool,
}

/// What a step makes or changes, so named that a process that knows nothing else can undo it.
/// Ids that are CIDs stand here as CIDs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Intent {
    /// A virtual guest that is being made, with its ephemeral disk.
    Guest {
        /// Its host name.
        name: String,
    },
    /// A bare metal server whose order is being placed.
    Server {
        /// Its host name.
        name: String,
    },
    /// A machine that was made, or that `cpi gc` has listed.
    Vm {
        /// The machine.
        vm: String,
        /// Its host name.
        name: String,
    },
    /// A bare metal server's order that was placed.
    ServerOfOrder {
        /// The server's host name.
        name: String,
        /// The order's id.
        order: u64,
    },
    /// A machine that is being deleted. Undone by finishing a deletion that is half done; one that
    /// has not begun is left alone.
    Deletion {
        /// The machine.
        vm: String,
    },
    /// A public key that is being registered, which was not.
    SshKey {
        /// Its label.
        label: String,
        /// What the operation writes into its notes; earlier releases wrote nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        notes: Option<String>,
    },
    /// A global address that is led to a machine. Undone by leading it back.
    GlobalAddress {
        /// The global address's id.
        id: u64,
        /// The machine's address.
        to: String,
        /// The address to which it led before.
        from: Option<String>,
    },
    /// A volume whose order is being placed.
    Disk {
        /// Its name, which it gets once its order is known.
        name: String,
        /// What is ordered.
        order: DiskOrder,
        /// Volumes like it that were there before.
        before: Vec<u64>,
    },
    /// The volume of an order that was placed.
    DiskOfOrder {
        /// Its name.
        name: String,
        /// The order's id.
        order: u64,
    },
    /// Space for snapshots of a volume that had none.
    SnapshotSpace {
        /// The volume.
        disk: String,
    },
    /// A snapshot that is being taken.
    Snapshot {
        /// Its name.
        name: String,
        /// Its volume.
        disk: String,
    },
    /// A volume that a machine is being let to, which it could not mount before.
    Attachment {
        /// The volume.
        disk: String,
        /// The machine.
        vm: String,
    },
    /// A volume that is in the cloud already, found by `cpi gc`.
    Volume {
        /// The volume.
        disk: String,
        /// Its name; earlier releases did not write it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// A snapshot that `cpi gc` has listed.
    ListedSnapshot {
        /// The snapshot.
        snapshot: String,
        /// Its name.
        name: String,
    },
    /// An image that `cpi gc` has listed.
    ListedImage {
        /// The image.
        image: String,
        /// Its name.
        name: String,
    },
    /// An image that is being imported.
    Image {
        /// Its name.
        name: String,
    },
    /// An image on its way, in a bucket of object storage.
    Upload {
        /// The bucket's URL.
        place: String,
        /// The object's name.
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
    pub(crate) fn change(what: &str, of: impl Display) -> Self {
        Self::Change { what: what.to_owned(), of: of.to_string() }
    }
}

impl Display for Intent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Guest { name } => write!(f, "VM {name}"),
            Self::Server { name } | Self::ServerOfOrder { name, .. } => {
                write!(f, "bare metal server {name}")
            }
            Self::Vm { vm, name } => write!(f, "VM {vm} ({name})"),
            Self::ListedSnapshot { snapshot, .. } => write!(f, "snapshot {snapshot}"),
            Self::ListedImage { image, .. } => write!(f, "image {image}"),
            Self::Deletion { vm } => write!(f, "deletion of VM {vm}"),
            Self::SshKey { label, .. } => write!(f, "public key {label}"),
            Self::GlobalAddress { id, to, .. } => write!(f, "route of global address {id} to {to}"),
            Self::Disk { name, .. } | Self::DiskOfOrder { name, .. } => write!(f, "disk {name}"),
            Self::SnapshotSpace { disk } => write!(f, "space for snapshots of disk {disk}"),
            Self::Snapshot { name, disk } => write!(f, "snapshot {name} of disk {disk}"),
            Self::Attachment { disk, vm } => write!(f, "disk {disk} on VM {vm}"),
            Self::Volume { disk, .. } => write!(f, "disk {disk}"),
            Self::Image { name } => write!(f, "image {name}"),
            Self::Upload { place, name } => write!(f, "{name} in {place}"),
            Self::Change { what, of } => write!(f, "{what} of {of}"),
        }
    }
}

impl journal::Intent for Intent {
    /// A disk that was attached again by a later call must not be detached for an earlier one.
    fn superseded_by(&self) -> Option<&str> {
        match self {
            Self::Attachment { disk, .. } => Some(disk),
            _ => None,
        }
    }

    /// A disk that was attached before is in use.
    fn repeats(&self, earlier: &Self) -> bool {
        matches!(self, Self::Attachment { .. }) && self == earlier
    }
}
