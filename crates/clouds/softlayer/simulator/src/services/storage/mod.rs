//! `SoftLayer_Network_Storage`: volumes, and snapshots of them.

use crate::engine::{Answer, Call, Exception, Handler, Service};
use crate::object_ref::ObjectRef;
use crate::state::Cloud;

mod access;
mod host;
mod lifecycle;
mod snapshot;
mod view;

pub use access::allow;
pub use host::read_host;
pub use view::read;

pub static SERVICE: Service =
    Service { name: "SoftLayer_Network_Storage", find: Some(find), own: None, methods: METHODS };

pub static ISCSI: Service = Service {
    name: "SoftLayer_Network_Storage_Iscsi",
    find: Some(find),
    own: None,
    methods: METHODS,
};

const METHODS: &[(&str, Handler)] = &[
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

fn find(cloud: &Cloud, id: u64) -> Option<ObjectRef> {
    cloud.volumes.contains_key(&id).then_some(ObjectRef::Volume(id))
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
