//! Snapshots of volumes.

use super::{OwnedResources, select};
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::permit;
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{ListSnapshots, Snapshot};
use cpi_kit::{Claim, Owned, OwnedResource, ResourceRole};
use journal::Absence;

/// Whether a snapshot is more than a row of one that is deleted.
pub(crate) fn exists(snapshot: &Snapshot) -> bool {
    !matches!(snapshot.state.as_str(), "Destroying" | "Destroyed")
}

/// The snapshots of exactly this name that are the account's own, but for those that are as good
/// as gone.
pub(crate) async fn owned_by_name(
    cloud: &CloudStack,
    name: &str,
) -> CloudResult<Vec<Owned<Snapshot>>> {
    let of = ListSnapshots { name: Some(name.to_owned()), ..ListSnapshots::default() };
    let rows = cloud.list(of).await?.into_iter().filter(exists).collect();
    Ok(select(cloud, Claim::journaled_name(name), rows).await)
}

async fn claimed(
    cloud: &CloudStack,
    id: &str,
    claim: &Claim<'_>,
) -> CloudResult<Option<Owned<Snapshot>>> {
    let of =
        ListSnapshots { id: Some(id.to_owned()), listall: Some(true), ..ListSnapshots::default() };
    Ok(cloud.find(of, claim).await?.filter(|snapshot| exists(snapshot)))
}

/// Whether no snapshot of this id exists.
pub(crate) async fn is_gone(cloud: &CloudStack, id: &str) -> CloudResult<bool> {
    Ok(claimed(cloud, id, &Claim::journaled_id(id)).await?.is_none())
}

/// Makes sure that no snapshot of this name is left.
pub(crate) async fn ensure_absent(cloud: &CloudStack, name: &str) -> Result<Absence> {
    let tried = || format!("removing snapshot {name}");
    let snapshots = owned_by_name(cloud, name).await.during(Activity::DeleteSnapshot, tried)?;
    let absence = if snapshots.is_empty() { Absence::MayAppear } else { Absence::Final };
    for snapshot in &snapshots {
        remove(cloud, snapshot).await.during(Activity::DeleteSnapshot, tried)?;
    }
    Ok(absence)
}

async fn remove(cloud: &CloudStack, snapshot: &Owned<Snapshot>) -> CloudResult<()> {
    let until = cloud.undo_deadline(Wait::DeleteSnapshot);
    let delete = permit::delete_snapshot(&snapshot.into());
    cloud.destroy_by_job(&delete, until).await.ignore_not_found()
}

/// Removes what bears the name of a snapshot that was just taken, and is not it: a request that
/// was sent or delivered twice has made it.
pub(crate) async fn remove_twins(cloud: &CloudStack, name: &str, kept: &str) -> CloudResult<()> {
    for twin in owned_by_name(cloud, name).await?.iter().filter(|twin| twin.id != kept) {
        tracing::warn!("snapshot {} is a twin of {kept}: it goes", twin.id);
        remove(cloud, twin).await?;
    }
    Ok(())
}

/// Deletes the snapshot that the garbage collection has listed, if it is still what it was.
pub(crate) async fn delete_listed(cloud: &CloudStack, id: &str, name: &str) -> CloudResult<()> {
    match claimed(cloud, id, &Claim::listed(id, name)).await? {
        Some(snapshot) => remove(cloud, &snapshot).await,
        None => Ok(()),
    }
}

/// The snapshots that bear a name of ours. A snapshot gets its tags with its making, so that they
/// say nothing of who knows it.
pub(crate) async fn owned(cloud: &CloudStack) -> CloudResult<OwnedResources> {
    let snapshots = cloud.list(ListSnapshots::default()).await?.into_iter();
    let owned = snapshots.filter_map(|snapshot| {
        Some(OwnedResource {
            ours: Some(cloud.names.parse(&snapshot.name)?),
            kind: "snapshot",
            purpose: ResourceRole::Cid { tagged: false, persistent: true },
            used: None,
            target: Intent::Snapshot { name: snapshot.name.clone() },
            cid: snapshot.id,
            name: snapshot.name,
        })
    });
    Ok(owned.collect())
}
