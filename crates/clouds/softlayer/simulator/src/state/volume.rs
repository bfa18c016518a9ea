//! Volumes, snapshots, and the hosts that mount them.

use super::speed::Speed;
use super::transaction::Transaction;
use crate::object_ref::Machine;
use jiff::Timestamp;
/// A volume, or a snapshot of one.
#[derive(Debug, Clone)]
pub struct Volume {
    /// Its id.
    pub id: u64,
    /// `SL307001-7`.
    pub username: String,
    /// GB.
    pub gb: u64,
    /// How fast.
    pub speed: Speed,
    /// Its number at its targets.
    pub lun: u64,
    /// Where it is.
    pub location: u64,
    /// GB of space for snapshots.
    pub snapshot_gb: u64,
    /// Whether it can be mounted, or for a snapshot: whether it is there.
    pub ready: bool,
    /// What the service is doing with it.
    pub busy: Option<Transaction>,
    /// Who may mount it.
    pub allowed: Vec<Machine>,
    /// Notes.
    pub notes: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// Whether it is of the kind of before: it cannot be changed.
    pub legacy: bool,
    /// For a snapshot: of which volume.
    pub parent: Option<u64>,
    /// What it is a copy of.
    pub origin: Option<u64>,
}

impl Volume {
    /// The volume that it is a snapshot of.
    pub fn snapshot_of(&self) -> Option<u64> {
        self.parent
    }
}

/// A machine as its targets know it.
#[derive(Debug, Clone)]
pub struct AllowedHost {
    /// Its id.
    pub id: u64,
    /// The machine.
    pub machine: Machine,
    /// Its iSCSI name.
    pub iqn: String,
    /// Its CHAP name.
    pub username: String,
    /// Its CHAP password.
    pub password: String,
}
