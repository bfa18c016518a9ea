//! `SoftLayer_Network_Storage`: volumes, and snapshots of them.

mod access;
mod host;
mod life;
mod snapshot;
mod speed;
mod view;

pub use access::allow;
pub use host::{AllowedHost, HOST, read_host};
pub use speed::{Speed, Tier};
pub use view::{KIND, read};

use super::Service;
use super::transaction::Transaction;
use crate::engine::{Answer, Call, Exception};
use crate::state::Cloud;
use crate::thing::{Machine, Thing};
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

pub static SERVICE: Service = Service {
    name: "SoftLayer_Network_Storage",
    kind: &KIND,
    find: Some(find),
    own: None,
    methods: METHODS,
};

pub static ISCSI: Service = Service {
    name: "SoftLayer_Network_Storage_Iscsi",
    kind: &KIND,
    find: Some(find),
    own: None,
    methods: METHODS,
};

const METHODS: &[(&str, crate::engine::Handler)] = &[
    ("editObject", edit),
    ("deleteObject", snapshot::delete),
    ("allowAccessFromVirtualGuest", access::allow_guest),
    ("removeAccessFromVirtualGuest", access::remove_guest),
    ("allowAccessFromHardware", access::allow_hardware),
    ("removeAccessFromHardware", access::remove_hardware),
    ("allowAccessFromHostList", access::allow_list),
    ("removeAccessFromHostList", access::remove_list),
    ("createSnapshot", snapshot::create),
    ("getSnapshotsForVolume", snapshot::of_volume),
    ("restoreFromSnapshot", snapshot::restore),
    ("isBlockingOperationInProgress", is_busy),
];

fn find(cloud: &Cloud, id: u64) -> Option<Thing> {
    cloud.volumes.contains_key(&id).then_some(Thing::Volume(id))
}

fn edit(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let (id, changes) = (call.id()?, call.object(0)?);
    let volume = cloud.volumes.get_mut(&id).ok_or_else(|| Exception::not_found(id))?;
    if let Some(notes) = changes["notes"].as_str() {
        volume.notes = Some(notes.to_owned());
    }
    Ok(true.into())
}

fn is_busy(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let id = call.id()?;
    let volume = cloud.volumes.get(&id).ok_or_else(|| Exception::not_found(id))?;
    Ok(volume.busy.is_some().into())
}

impl Volume {
    /// The volume that it is a snapshot of.
    pub fn snapshot_of(&self) -> Option<u64> {
        self.parent
    }
}
