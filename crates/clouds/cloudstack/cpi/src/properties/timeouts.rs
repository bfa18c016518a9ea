//! How long to wait for what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Half an hour, what the Go CPI's job has for everything but attaching.
const USUAL: u64 = 1800;

/// Attaching may first copy the volume to another storage pool.
const ATTACH: u64 = 36_000;

/// The longest that a call may take, in seconds. What is not given is 1800 (36000 for
/// `attach_volume`), or `state_timeout` and `state_timeout_volume` where an older config has
/// those.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Timeouts {
    /// Every call that has no timeout of its own.
    #[schemars(default = "usual")]
    pub global: Option<u64>,
    /// Rebooting or starting a VM.
    #[schemars(default = "usual")]
    pub reboot_vm: Option<u64>,
    /// Making a VM, until it runs.
    #[schemars(default = "usual")]
    pub create_vm: Option<u64>,
    /// Deleting a VM, until its address is free.
    #[schemars(default = "usual")]
    pub delete_vm: Option<u64>,
    /// Stopping a VM. Deleting stops it too, and has its own timeout.
    #[schemars(default = "usual")]
    pub stop_vm: Option<u64>,
    /// Making a volume.
    #[schemars(default = "usual")]
    pub create_volume: Option<u64>,
    /// Deleting a volume.
    #[schemars(default = "usual")]
    pub delete_volume: Option<u64>,
    /// Growing a volume.
    #[schemars(default = "usual")]
    pub resize_volume: Option<u64>,
    /// Bringing in a stemcell, from the first call until its template can be used.
    #[schemars(default = "usual")]
    pub poll_template: Option<u64>,
    /// Taking a snapshot, until it stands on secondary storage.
    #[schemars(default = "usual")]
    pub snapshot_volume: Option<u64>,
    /// Deleting a snapshot.
    #[schemars(default = "usual")]
    pub delete_snapshot_volume: Option<u64>,
    /// Detaching a volume.
    #[schemars(default = "usual")]
    pub detach_volume: Option<u64>,
    /// Attaching a volume.
    #[schemars(default = "attach")]
    pub attach_volume: Option<u64>,
}

// Only for the schema, which shows what the accessors below fall back to.
fn usual() -> Option<u64> {
    Some(USUAL)
}

fn attach() -> Option<u64> {
    Some(ATTACH)
}

/// What the Java and Ruby CPIs had instead.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StateTimeouts {
    pub all: Option<u64>,
    pub volumes: Option<u64>,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    Lookup,
    RebootVm,
    CreateVm,
    DeleteVm,
    CreateVolume,
    DeleteVolume,
    ResizeVolume,
    SnapshotVolume,
    DeleteSnapshot,
    DetachVolume,
    AttachVolume,
    PollTemplate,
}

impl Timeouts {
    /// How long to wait: the timeout of its own, the older property, the global one.
    pub(crate) fn of(&self, wait: Wait, older: StateTimeouts) -> Duration {
        let (own, older, fallback) = match wait {
            Wait::Lookup => (None, older.all, USUAL),
            Wait::RebootVm => (self.reboot_vm, older.all, USUAL),
            Wait::CreateVm => (self.create_vm, older.all, USUAL),
            Wait::DeleteVm => (self.delete_vm, older.all, USUAL),
            Wait::CreateVolume => (self.create_volume, older.volumes, USUAL),
            Wait::DeleteVolume => (self.delete_volume, older.volumes, USUAL),
            Wait::ResizeVolume => (self.resize_volume, older.volumes, USUAL),
            Wait::SnapshotVolume => (self.snapshot_volume, older.volumes, USUAL),
            Wait::DeleteSnapshot => (self.delete_snapshot_volume, older.volumes, USUAL),
            Wait::DetachVolume => (self.detach_volume, older.volumes, USUAL),
            Wait::PollTemplate => (self.poll_template, older.all, USUAL),
            Wait::AttachVolume => (self.attach_volume, older.volumes, ATTACH),
        };
        let global = match wait {
            // The Go job has attaching at ten hours, beside a global timeout of half an hour.
            Wait::AttachVolume => None,
            _ => self.global,
        };
        Duration::from_secs(own.or(older).or(global).unwrap_or(fallback))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The more special timeout wins; what is not given is the Go job's default.
    #[test]
    fn the_more_special_timeout_wins() {
        let none = StateTimeouts::default();
        let older = StateTimeouts { all: Some(70), volumes: Some(80) };
        let own = Timeouts { create_vm: Some(5), global: Some(60), ..Timeouts::default() };
        let seconds = |timeouts: &Timeouts, wait, older| timeouts.of(wait, older).as_secs();
        assert_eq!(seconds(&own, Wait::CreateVm, older), 5);
        assert_eq!(seconds(&own, Wait::DeleteVm, older), 70);
        assert_eq!(seconds(&own, Wait::DeleteVm, none), 60);
        assert_eq!(seconds(&own, Wait::ResizeVolume, older), 80);
        assert_eq!(seconds(&Timeouts::default(), Wait::CreateVm, none), 1800);
        assert_eq!(seconds(&own, Wait::AttachVolume, none), 36_000);
    }
}
