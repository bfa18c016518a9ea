//! Snapshots of disks. A snapshot has notes from its making on, so that it has our name.

use super::ownership::{self, OwnedRow};
use crate::errors::{CloudResult, ResultExt, cloud_error};
use crate::properties::Wait;
use crate::session::SoftLayer;
use cloud_http::Deadline;
use journal::Absence;
use softlayer::Filter;
use softlayer::api::StorageSnapshot;
use softlayer::api::network_storage::{DeleteObject, GetObject, GetSnapshots};

const SNAPSHOT: &str = "SNAPSHOT";

/// The snapshots of a disk; none of a disk that is gone.
pub(crate) async fn list(cloud: &SoftLayer, disk: u64) -> CloudResult<Vec<StorageSnapshot>> {
    match cloud.list(&GetSnapshots { id: disk }, &Filter::everything()).await {
        Err(failure) if failure.is_gone() => Ok(Vec::new()),
        snapshots => snapshots,
    }
}

/// The snapshots of a disk that have this name and are ours.
async fn list_by_name(
    cloud: &SoftLayer,
    disk: u64,
    name: &str,
) -> CloudResult<Vec<OwnedRow<StorageSnapshot>>> {
    ownership::by_name(cloud, name, list(cloud, disk).await?).await
}

/// The snapshot that was taken under this name although the answer was lost. Where it was taken
/// twice, its twins are deleted.
pub(crate) async fn adopt(
    cloud: &SoftLayer,
    disk: u64,
    name: &str,
) -> CloudResult<Option<StorageSnapshot>> {
    let mut snapshots = list_by_name(cloud, disk, name).await?.into_iter();
    let Some(first) = snapshots.next() else { return Ok(None) };
    for twin in snapshots {
        delete(cloud, &twin, cloud.undo_deadline(Wait::DeleteDisk)).await?;
    }
    Ok(Some((**first).clone()))
}

/// The snapshot of this id; None if it does not exist. A volume's id is an error.
pub(crate) async fn find(
    cloud: &SoftLayer,
    id: u64,
) -> CloudResult<Option<OwnedRow<StorageSnapshot>>> {
    let found: Option<StorageSnapshot> = cloud.find(&GetObject { id }).await?;
    let Some(found) = found else { return Ok(None) };
    // Volumes and snapshots have ids of one kind.
    if found.nas_type.as_deref() != Some(SNAPSHOT) {
        return Err(cloud_error(format!("deleting snapshot {id}: it is not a snapshot")));
    }
    ownership::by_id(cloud, &id.to_string(), found).map(Some)
}

/// Deletes a snapshot; it may be gone already.
pub(crate) async fn delete(
    cloud: &SoftLayer,
    snapshot: &OwnedRow<StorageSnapshot>,
    until: Deadline,
) -> CloudResult<()> {
    cloud.call(&DeleteObject { id: snapshot.id }, until).await.ignore_not_found()
}

/// Makes sure that a disk has no snapshot of this name.
pub(crate) async fn ensure_absent(
    cloud: &SoftLayer,
    disk: u64,
    name: &str,
) -> CloudResult<Absence> {
    let snapshots = list_by_name(cloud, disk, name).await?;
    for snapshot in &snapshots {
        delete(cloud, snapshot, cloud.undo_deadline(Wait::DeleteDisk)).await?;
    }
    Ok(if snapshots.is_empty() { Absence::MayAppear } else { Absence::Final })
}

/// Makes sure that a snapshot that garbage collection has listed is gone: by its id, if it still
/// bears its name.
pub(crate) async fn ensure_listed_absent(
    cloud: &SoftLayer,
    id: u64,
    name: &str,
) -> CloudResult<Absence> {
    let Some(found) = find(cloud, id).await? else { return Ok(Absence::MayAppear) };
    let snapshot = ownership::by_id_and_name(cloud, &id.to_string(), name, (**found).clone())?;
    delete(cloud, &snapshot, cloud.undo_deadline(Wait::DeleteDisk)).await?;
    Ok(Absence::Final)
}
