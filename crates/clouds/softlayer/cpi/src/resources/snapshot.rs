//! Snapshots of disks. A snapshot has notes from its making on, so that it has our name.

use crate::errors::{CloudResult, ResultExt};
use crate::notes::Notes;
use crate::properties::Wait;
use crate::session::SoftLayer;
use journal::Absence;
use softlayer::Filter;
use softlayer::api::StorageSnapshot;
use softlayer::api::network_storage::{DeleteObject, GetSnapshots};

/// The snapshots of a disk; none of a disk that is gone.
pub(crate) async fn list(cloud: &SoftLayer, disk: u64) -> CloudResult<Vec<StorageSnapshot>> {
    match cloud.list(&GetSnapshots { id: disk }, &Filter::everything()).await {
        Err(failure) if failure.is_gone() => Ok(Vec::new()),
        snapshots => snapshots,
    }
}

/// The snapshot of a disk that has this name.
pub(crate) async fn find_by_name(
    cloud: &SoftLayer,
    disk: u64,
    name: &str,
) -> CloudResult<Option<StorageSnapshot>> {
    let snapshots = list(cloud, disk).await?;
    let has_name = |it: &StorageSnapshot| Notes::read(it.notes.as_deref()).has_name(name);
    Ok(snapshots.into_iter().find(has_name))
}

/// Makes sure that a disk has no snapshot of this name.
pub(crate) async fn ensure_absent(
    cloud: &SoftLayer,
    disk: u64,
    name: &str,
) -> CloudResult<Absence> {
    let Some(snapshot) = find_by_name(cloud, disk, name).await? else {
        return Ok(Absence::MayAppear);
    };
    let until = cloud.undo_deadline(Wait::DeleteDisk);
    cloud.call(&DeleteObject { id: snapshot.id }, until).await.ignore_not_found()?;
    Ok(Absence::Final)
}
