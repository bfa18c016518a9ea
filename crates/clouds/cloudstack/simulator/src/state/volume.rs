//! Volumes and snapshots.

use super::{Cloud, Entity, Table};
use crate::world::Storage;
use jiff::Timestamp;
use std::collections::HashMap;

/// A volume.
#[derive(Debug, Clone)]
pub struct Volume {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its name when it was made: the file on the storage keeps it.
    pub path: String,
    /// The account that owns it.
    pub owner: String,
    /// Its zone.
    pub zone: String,
    /// What it is for.
    pub kind: VolumeKind,
    /// What is done with it.
    pub state: VolumeState,
    /// Its size in bytes.
    pub size: u64,
    /// Minimum and maximum IOPS, where the caller chose them.
    pub iops: Option<(i64, i64)>,
    /// Where it is attached.
    pub attached: Option<Attachment>,
    /// Where it is stored, once it is.
    pub pool: Option<Pool>,
    /// Where its offering wants it.
    pub storage: Storage,
    /// When it was made.
    pub created: Timestamp,
    /// Whether it may not be deleted.
    pub delete_protection: bool,
}

/// What a volume is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VolumeKind {
    /// The root disk of a VM, made from a template in the size of a service offering.
    Root {
        /// The template.
        template: String,
        /// The service offering.
        offering: String,
    },
    /// A data disk of a disk offering.
    Data {
        /// The disk offering.
        offering: String,
    },
}

/// Where a volume is attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The VM.
    pub vm: String,
    /// Its place: 0 is the root disk, 3 the CD-ROM.
    pub device: u64,
    /// When it was attached; None for a disk that was made with its VM.
    pub since: Option<Timestamp>,
}

/// Where a volume is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// The pool's id.
    pub id: String,
    /// The pool's name.
    pub name: String,
    /// The cluster's id.
    pub cluster: String,
    /// The cluster's name.
    pub cluster_name: String,
    /// The pod's id.
    pub pod: String,
}

/// What is done with a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VolumeState {
    /// It has a row, but no storage.
    Allocated,
    /// It is stored.
    Ready,
    /// It is being attached.
    Attaching,
    /// It is being resized.
    Resizing,
    /// A snapshot is being taken.
    Snapshotting,
    /// It is deleted and can be recovered.
    Destroy,
}

impl VolumeState {
    /// As `state` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allocated => "Allocated",
            Self::Ready => "Ready",
            Self::Attaching => "Attaching",
            Self::Resizing => "Resizing",
            Self::Snapshotting => "Snapshotting",
            Self::Destroy => "Destroy",
        }
    }
}

impl Entity for Volume {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Volume {
    /// Whether it is the root disk of a VM.
    pub fn is_root(&self) -> bool {
        matches!(self.kind, VolumeKind::Root { .. })
    }

    /// The VM that it is attached to.
    pub fn vm(&self) -> Option<&str> {
        self.attached.as_ref().map(|attachment| attachment.vm.as_str())
    }

    /// Its disk offering; a root disk has none of its own.
    pub fn disk_offering(&self) -> Option<&str> {
        match &self.kind {
            VolumeKind::Data { offering } => Some(offering),
            VolumeKind::Root { .. } => None,
        }
    }
}

/// A snapshot of a volume.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The account that owns it.
    pub owner: String,
    /// The volume it was taken of.
    pub volume: String,
    /// The zone.
    pub zone: String,
    /// How far it is.
    pub state: SnapshotState,
    /// The volume's size when it was taken.
    pub size: u64,
    /// The template of the volume, if that was a root disk.
    pub template: Option<String>,
    /// When it was taken.
    pub created: Timestamp,
}

/// How far a snapshot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotState {
    /// It has a row.
    Allocated,
    /// It is being taken.
    Creating,
    /// It is on primary storage and is being copied to secondary.
    BackingUp,
    /// It is done.
    BackedUp,
    /// It is deleted.
    Destroyed,
}

impl SnapshotState {
    /// As `state` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allocated => "Allocated",
            Self::Creating => "Creating",
            Self::BackingUp => "BackingUp",
            Self::BackedUp => "BackedUp",
            Self::Destroyed => "Destroyed",
        }
    }
}

impl Entity for Snapshot {
    fn id(&self) -> &str {
        &self.id
    }
}

/// Which volumes each VM has, by their internal numbers: made anew when a volume has changed.
#[derive(Debug, Default)]
pub struct VolumesByVm {
    version: u64,
    numbers: HashMap<String, Vec<u64>>,
}

impl VolumesByVm {
    fn fill(&mut self, volumes: &Table<Volume>) {
        self.version = volumes.version();
        self.numbers.clear();
        for volume in volumes.iter() {
            if let Some(vm) = volume.vm() {
                let number = volumes.number(&volume.id);
                self.numbers.entry(vm.to_owned()).or_default().push(number);
            }
        }
    }
}

/// The device id that a VM's disks never have: the CD-ROM's.
const CD_ROM: u64 = 3;

impl Cloud {
    /// The volumes that are attached to a VM, by their place.
    pub fn volumes_of(&self, vm: &str) -> Vec<&Volume> {
        let mut index = self.volumes_by_vm.borrow_mut();
        if index.version != self.volumes.version() {
            index.fill(&self.volumes);
        }
        let numbers = index.numbers.get(vm).map(Vec::as_slice).unwrap_or_default();
        let mut volumes: Vec<&Volume> =
            numbers.iter().filter_map(|number| self.volumes.numbered(*number)).collect();
        volumes.sort_by_key(|volume| volume.attached.as_ref().map(|a| a.device));
        volumes
    }

    /// Whether a data disk can have this device id: not the root disk's, not the CD-ROM's.
    pub fn device_is_possible(&self, device: u64) -> bool {
        device != 0 && device != CD_ROM && device <= self.world.settings.max_data_disks + 1
    }

    /// Whether a disk of a VM has this device id.
    pub fn device_is_taken(&self, vm: &str, device: u64) -> bool {
        let places = self.volumes_of(vm).into_iter().filter_map(|v| v.attached.as_ref());
        places.into_iter().any(|place| place.device == device)
    }

    /// The first device id that a VM has free.
    pub fn free_device(&self, vm: &str) -> Option<u64> {
        (1..=self.world.settings.max_data_disks + 1)
            .find(|device| self.device_is_possible(*device) && !self.device_is_taken(vm, *device))
    }
}
