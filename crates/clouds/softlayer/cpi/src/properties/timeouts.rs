//! How long to wait for what.

use cloud_http::Deadline;
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// The longest that a call may take, in seconds. SoftLayer takes minutes where other clouds take
/// seconds, and now and then hours.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "SoftLayerTimeouts")]
pub struct Timeouts {
    /// Finding things, and changes that take effect at once.
    pub lookup: u64,
    /// Making a VM, until it runs and has its settings.
    pub create_vm: u64,
    /// Making a bare metal server, until it runs and has its settings.
    pub create_bare_metal: u64,
    /// Deleting a VM, until its addresses are free.
    pub delete_vm: u64,
    /// Rebooting a VM.
    pub reboot_vm: u64,
    /// Making a disk, until a VM can mount it.
    pub create_disk: u64,
    /// Cancelling a disk.
    pub delete_disk: u64,
    /// Giving a VM access to a disk, or taking it away.
    pub attach_disk: u64,
    /// Changing a disk's size, IOPS or tier.
    pub resize_disk: u64,
    /// Taking a snapshot, with the space for it where there is none.
    pub snapshot_disk: u64,
    /// Bringing in a stemcell, until VMs can be made from it.
    pub create_stemcell: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            lookup: 300,
            create_vm: 14_400,
            create_bare_metal: 28_800,
            delete_vm: 3600,
            reboot_vm: 600,
            create_disk: 3600,
            delete_disk: 600,
            attach_disk: 3600,
            resize_disk: 7200,
            snapshot_disk: 3600,
            create_stemcell: 14_400,
        }
    }
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    Lookup,
    CreateVm,
    CreateBareMetal,
    DeleteVm,
    RebootVm,
    CreateDisk,
    DeleteDisk,
    AttachDisk,
    ResizeDisk,
    SnapshotDisk,
    CreateStemcell,
}

impl Timeouts {
    /// When waiting for `wait`, begun now, must end.
    pub(crate) fn deadline(&self, wait: Wait) -> Deadline {
        Deadline::after(Duration::from_secs(match wait {
            Wait::Lookup => self.lookup,
            Wait::CreateVm => self.create_vm,
            Wait::CreateBareMetal => self.create_bare_metal,
            Wait::DeleteVm => self.delete_vm,
            Wait::RebootVm => self.reboot_vm,
            Wait::CreateDisk => self.create_disk,
            Wait::DeleteDisk => self.delete_disk,
            Wait::AttachDisk => self.attach_disk,
            Wait::ResizeDisk => self.resize_disk,
            Wait::SnapshotDisk => self.snapshot_disk,
            Wait::CreateStemcell => self.create_stemcell,
        }))
    }
}
