//! Snapshots: they need space that was bought, and there are so many of a volume.

use crate::engine::{Answer, Call, Exception, number};
use crate::object_ref::ObjectRef;
use crate::state::Cloud;
use crate::state::volume::Volume;

pub fn create(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let id = call.id()?;
    let notes = call.argument(0).as_str().map(str::to_owned);
    let volume = cloud.volumes.get(&id).filter(|it| it.snapshot_of().is_none()).cloned();
    let volume = volume.ok_or_else(|| Exception::not_found(id))?;
    if !volume.ready {
        return Err(Exception::public(
            "Snapshot creation is not allowed now; please try again after Volume Provisioning is \
             complete.",
        ));
    }
    if volume.snapshot_gb == 0 {
        return Err(Exception::public("Insufficient snapshot space: the volume has none."));
    }
    cloud.check_free(id)?;
    let there = snapshots(cloud, id).len();
    let limit = cloud.world.settings.snapshots;
    if there >= limit {
        return Err(Exception::public(format!("The volume has {limit} snapshots already.")));
    }
    let new = cloud.new_id();
    let snapshot = Volume {
        id: new,
        username: format!("{}_{there}", volume.username),
        notes,
        created: cloud.now(),
        parent: Some(id),
        allowed: Vec::new(),
        snapshot_gb: 0,
        origin: None,
        ..volume
    };
    cloud.volumes.insert(new, snapshot);
    Ok(Answer::One(ObjectRef::Volume(new)))
}

/// Only snapshots are deleted so; a volume's billing item is cancelled.
pub fn delete(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let id = call.id()?;
    let volume = cloud.volumes.get(&id).ok_or_else(|| Exception::not_found(id))?;
    let Some(parent) = volume.snapshot_of() else {
        return Err(Exception::public("Only snapshots can be deleted; cancel the billing item."));
    };
    cloud.check_free(parent)?;
    cloud.volumes.remove(&id);
    Ok(true.into())
}

pub fn of_volume(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    Ok(Answer::Many("SoftLayer_Network_Storage", snapshots(cloud, call.id()?)))
}

pub fn restore(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let (id, snapshot) = (call.id()?, number(call.argument(0)).unwrap_or_default());
    cloud.check_free(id)?;
    match cloud.volumes.get(&snapshot).and_then(Volume::snapshot_of) == Some(id) {
        true => Ok(true.into()),
        false => Err(Exception::not_found(snapshot)),
    }
}

/// The snapshots of a volume, the oldest first.
pub fn snapshots(cloud: &Cloud, volume: u64) -> Vec<ObjectRef> {
    let mine = cloud.volumes.values().filter(|it| it.snapshot_of() == Some(volume));
    mine.map(|it| ObjectRef::Volume(it.id)).collect()
}
