//! What our operations make or change, and how any process makes sure that nothing is left.

use crate::SoftLayer;
use crate::cids::Machine;
use crate::errors::{self, Activity, Failure};
use crate::methods::create_stemcell;
use crate::methods::{create_vm, delete_vm};
use crate::storage::DiskOrder;
use bosh_cpi::{CpiError, Result, VmCid};
use cloud_http::Outcome;
use journal::{Absence, Undo};
use serde::{Deserialize, Serialize};
use std::fmt::Display;

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
            Self::Server { name } => write!(f, "bare metal server {name}"),
            Self::Deletion { vm } => write!(f, "deletion of VM {vm}"),
            Self::SshKey { label } => write!(f, "public key {label}"),
            Self::GlobalAddress { id, to, .. } => write!(f, "global address {id} to {to}"),
            Self::Disk { name, .. } | Self::DiskOfOrder { name, .. } => write!(f, "disk {name}"),
            Self::SnapshotSpace { disk } => write!(f, "space for snapshots of disk {disk}"),
            Self::Snapshot { name, disk } => write!(f, "snapshot {name} of disk {disk}"),
            Self::Attachment { disk, vm } => write!(f, "disk {disk} on VM {vm}"),
            Self::Volume { disk } => write!(f, "disk {disk}"),
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

impl Undo for SoftLayer {
    type Intent = Intent;
    type Error = CpiError;

    async fn ensure_absent(&self, target: &Intent) -> Result<Absence> {
        let was = match target {
            Intent::Guest { name } => delete_vm::undo_guest(self, name).await,
            Intent::Server { name } => delete_vm::undo_server(self, name).await,
            Intent::Deletion { vm } => delete_vm::finish_deletion(self, vm).await,
            Intent::SshKey { label } => create_vm::undo_key(self, label).await,
            Intent::GlobalAddress { id, to, from } => {
                create_vm::undo_route(self, *id, to, from.as_deref()).await
            }
            Intent::Disk { name, order, before } => self.no_volume(name, order, before).await,
            Intent::DiskOfOrder { order, .. } => self.no_volume_of(*order).await,
            Intent::SnapshotSpace { disk } => self.no_space(id(disk)?).await,
            Intent::Snapshot { name, disk } => self.no_snapshot(id(disk)?, name).await,
            Intent::Attachment { disk, vm } => {
                let machine = VmCid::new(vm).ok().as_ref().and_then(Machine::of);
                let machine = machine.ok_or_else(|| unreadable(vm))?;
                self.not_attached(id(disk)?, machine).await
            }
            Intent::Volume { disk } => self.no_such_volume(id(disk)?).await,
            Intent::Image { name } => create_stemcell::no_image(self, name).await,
            Intent::Upload { place, name } => {
                create_stemcell::nothing_uploaded(self, place, name).await
            }
            Intent::Change { .. } => Ok(Absence::Final),
        };
        was.map_err(|failure| errors::answer(Activity::Undo, format!("removing {target}"), failure))
    }
}

fn id(text: &str) -> Result<u64> {
    text.parse().map_err(|_| unreadable(text))
}

fn unreadable(text: &str) -> CpiError {
    CpiError::cpi(format!("the journal holds '{text}', which is no id of SoftLayer's"))
}

/// What came of a call, for a step. What a refusal leaves is known; only where the answer was
/// lost, or stands for anything, the truth is looked up.
pub(crate) fn ended<T>(result: std::result::Result<T, Failure>) -> Outcome<T, Failure> {
    match result {
        Ok(answer) => Outcome::Applied(answer),
        Err(failure @ (Failure::Journal(_) | Failure::Ready(_))) => Outcome::NotApplied(failure),
        Err(Failure::Cloud(error)) => error.outcome().map_err(Failure::Cloud),
    }
}

/// For deletions: what is gone already is as it should be.
pub(crate) fn gone_is_fine(
    result: std::result::Result<(), Failure>,
) -> std::result::Result<(), Failure> {
    match result {
        Err(failure) if failure.is_gone() => Ok(()),
        other => other,
    }
}
