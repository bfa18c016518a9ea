//! What our operations make or change, and how any process makes sure that nothing is left.

use crate::CloudStack;
use crate::capture;
use crate::connect::JobOutcome;
use crate::errors::{self, Activity, Failure};
use crate::methods::{create_stemcell, delete_network, delete_vm};
use crate::outside::{Outside, OutsideThing};
use crate::properties::Wait;
use bosh_cpi::{CpiError, Result};
use cloudstack::api::{
    AttachVolume, DeleteSnapshot, DeleteTemplate, DeleteVolume, DetachVolume, List, ListSnapshots,
    ListVolumes, Volume,
};
use cloudstack::{Command, Outcome};
use journal::{Absence, Undo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::Display;

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
    Deletion {
        /// The VM's id.
        vm: String,
        /// The ids of the disks that must go with it.
        ephemeral: Vec<String>,
        /// The things outside of it that must go with it.
        #[serde(default)]
        outside: Vec<OutsideThing>,
    },
    /// A thing outside of a VM that is being made.
    Making {
        /// What kind of thing.
        what: Outside,
        /// The id of ours under which the job runs: it tells the thing's id.
        job: String,
        /// The command.
        command: String,
        /// The VM's host name.
        vm: String,
    },
    /// A thing outside of a VM whose id is known, and which is being settled.
    Outside {
        /// The thing.
        thing: OutsideThing,
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
    TakenOver {
        /// The address's id.
        address: String,
        /// The id of the VM that had it.
        vm: String,
        /// The network in which that VM had it.
        network: String,
    },
    /// A VM that is being stopped, to be started again. Undone by starting it.
    Stopped {
        /// The VM's id.
        vm: String,
    },
    /// An image that is being published, for as long as the cloud fetches it.
    Published {
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
            Self::Deletion { vm, .. } => write!(f, "the half deleted VM {vm}"),
            Self::Making { what, vm, .. } => write!(f, "a new {} of VM {vm}", what.name()),
            Self::Outside { thing, vm } => {
                write!(f, "{} {} of VM {vm}", thing.what.name(), thing.id)
            }
            Self::StaticNat { address, vm } => write!(f, "public address {address} to VM {vm}"),
            Self::TakenOver { address, vm, .. } => {
                write!(f, "public address {address}, taken from VM {vm}")
            }
            Self::Stopped { vm } => write!(f, "the stopped VM {vm}"),
            Self::Published { place, name } => write!(f, "{name} at {place}"),
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

impl Undo for CloudStack {
    type Intent = Intent;
    type Error = CpiError;

    async fn ensure_absent(&self, target: &Intent) -> Result<Absence> {
        match target {
            Intent::Vm { name } => delete_vm::undo_creation(self, name).await,
            Intent::Volume { name } => self.no_volume(name).await,
            Intent::Snapshot { name } => self.no_snapshot(name).await,
            Intent::Template { name } => self.no_template(name).await,
            Intent::StemcellMark { template, mark } => {
                let undone = create_stemcell::reuse::release(self, template, mark).await;
                undone.map_err(|failure| errors::answer(Activity::Undo, target, failure))
            }
            Intent::AffinityGroup { name, note } => self.no_affinity_group(name, note).await,
            Intent::SecurityGroup { name, note } => self.no_security_group(name, note).await,
            Intent::KeyPair { name } => self.no_key_pair(name).await,
            Intent::Attachment { volume, vm, job } => self.not_attached(volume, vm, job).await,
            Intent::Deletion { vm, ephemeral, outside } => {
                delete_vm::finish_deletion(self, vm, ephemeral, outside).await
            }
            Intent::Making { .. } => self.nothing_made(target).await,
            Intent::Outside { thing, vm } => self.no_outside(thing, vm).await,
            Intent::StaticNat { address, vm } => self.not_led(address, vm).await,
            Intent::TakenOver { address, vm, network } => {
                self.led_again(address, vm, network).await
            }
            Intent::Stopped { vm } => capture::running_again(self, vm).await,
            Intent::Published { place, name } => {
                create_stemcell::publication::nothing_published(self, place, name).await
            }
            Intent::Network { name } => delete_network::no_network(self, name).await,
            Intent::Change { .. } => Ok(Absence::Final),
        }
    }

    fn is_locked_out(&self) -> bool {
        self.scope_refused.get() || self.client().is_ok_and(|client| client.tally().locked_out)
    }
}

impl CloudStack {
    pub(crate) async fn no_volume(&self, name: &str) -> Result<Absence> {
        let tried = format!("removing volume {name}");
        let of = ListVolumes { name: Some(name.to_owned()), ..ListVolumes::default() };
        let failed = |failure| errors::answer(Activity::DeleteDisk, &tried, failure);
        let List { items, .. } = self.look(&of).await.map_err(failed)?;
        let mut was = Absence::MayAppear;
        for volume in items.iter().filter(|volume| is_there(volume)) {
            was = Absence::Final;
            let delete = DeleteVolume { id: volume.id.clone() };
            let deadline = self.undo_deadline(Wait::DeleteVolume);
            gone_is_fine(self.call(&delete, deadline).await.map(drop)).map_err(failed)?;
        }
        Ok(was)
    }

    pub(crate) async fn no_snapshot(&self, name: &str) -> Result<Absence> {
        let tried = format!("removing snapshot {name}");
        let of = ListSnapshots { name: Some(name.to_owned()), ..ListSnapshots::default() };
        let failed = |failure| errors::answer(Activity::DeleteSnapshot, &tried, failure);
        let List { items, .. } = self.look(&of).await.map_err(failed)?;
        let mut was = Absence::MayAppear;
        for snapshot in &items {
            was = Absence::Final;
            let delete = DeleteSnapshot { id: snapshot.id.clone() };
            let deadline = self.undo_deadline(Wait::DeleteSnapshot);
            gone_is_fine(self.run(&delete, deadline).await.map(drop)).map_err(failed)?;
        }
        Ok(was)
    }

    /// Also one that waits for its image, and one that failed.
    pub(crate) async fn no_template(&self, name: &str) -> Result<Absence> {
        let tried = format!("removing template {name}");
        let failed = |failure| errors::answer(Activity::DeleteStemcell, &tried, failure);
        let rows = create_stemcell::rows_named(self, name).await.map_err(failed)?;
        let ids: BTreeSet<String> = rows.into_iter().map(|row| row.id).collect();
        let mut was = Absence::MayAppear;
        for id in ids {
            was = Absence::Final;
            let delete = DeleteTemplate { id, zoneid: None };
            let deadline = self.undo_deadline(Wait::Lookup);
            gone_is_fine(self.run(&delete, deadline).await.map(drop)).map_err(failed)?;
        }
        Ok(was)
    }

    async fn not_attached(&self, volume: &str, vm: &str, job: &str) -> Result<Absence> {
        let tried = format!("detaching volume {volume} from VM {vm}");
        let failed = |failure| errors::answer(Activity::DetachDisk, &tried, failure);
        let until = self.soon();
        match self.came_of(job, AttachVolume::NAME, until).await.map_err(failed)? {
            JobOutcome::Nothing => return Ok(Absence::MayAppear),
            // Such as that it is attached: by an earlier call then.
            JobOutcome::Refusal => return Ok(Absence::Final),
            JobOutcome::Success | JobOutcome::Failure => {}
        }
        let there = self.volume_by_id(volume).await.map_err(failed)?;
        if there.and_then(|volume| volume.virtualmachineid).as_deref() != Some(vm) {
            return Ok(Absence::Final);
        }
        let detach = DetachVolume { id: volume.to_owned() };
        self.run(&detach, self.undo_deadline(Wait::DetachVolume)).await.map_err(failed)?;
        Ok(Absence::Final)
    }
}

/// What came of a call, for a step. A call that the cloud has answered with a refusal, at once
/// or in its job, has ended: what it may have half made is there to be found by name, and
/// nothing comes later. (CloudStack's 530 stands for anything, so to the API crate its outcome
/// is unknown.)
pub(crate) fn ended<T>(result: std::result::Result<T, Failure>) -> Outcome<T, Failure> {
    match result {
        Ok(answer) => Outcome::Applied(answer),
        Err(failure @ (Failure::Journal(_) | Failure::Ready(_))) => Outcome::NotApplied(failure),
        Err(failure) if failure.is_refusal() => Outcome::NotApplied(failure),
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

/// Whether a volume is more than a row that waits for the cloud's own cleaning, or that an
/// upload has left behind.
pub(crate) fn is_there(volume: &Volume) -> bool {
    const NOTHING: &[&str] =
        &["Destroy", "Destroyed", "Expunging", "Expunged", "UploadError", "UploadAbandoned"];
    !NOTHING.contains(&volume.state.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A director that hears of a disk that it is gone makes another; one that hears of a dead
    /// one that it is there waits for it for ever.
    #[test]
    fn a_volume_is_there_in_every_state_but_its_last() {
        let there = |state: &str| is_there(&Volume { state: state.into(), ..Volume::default() });
        for state in [
            "Allocated",
            "Creating",
            "Ready",
            "Attaching",
            "Resizing",
            "Snapshotting",
            "RevertSnapshotting",
            "Migrating",
            "Copying",
            "Uploaded",
            "UploadInProgress",
            "NotUploaded",
            "Restoring",
        ] {
            assert!(there(state), "{state}");
        }
        for state in
            ["Destroy", "Destroyed", "Expunging", "Expunged", "UploadError", "UploadAbandoned"]
        {
            assert!(!there(state), "{state}");
        }
    }
}
