//! Snapshots of volumes.

use super::OwnedResources;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{DeleteSnapshot, ListSnapshots, Snapshot};
use cpi_kit::{OwnedResource, ResourceRole};
use journal::Absence;

/// Whether a snapshot is more than a row of one that is deleted.
pub(crate) fn exists(snapshot: &Snapshot) -> bool {
    !matches!(snapshot.state.as_str(), "Destroying" | "Destroyed")
}

/// The snapshots of exactly this name, but for those that are as good as gone.
pub(crate) async fn named(cloud: &CloudStack, name: &str) -> CloudResult<Vec<Snapshot>> {
    let of = ListSnapshots { name: Some(name.to_owned()), ..ListSnapshots::default() };
    let mut snapshots = cloud.list(of).await?;
    snapshots.retain(|snapshot| snapshot.name == name && exists(snapshot));
    Ok(snapshots)
}

/// Whether no snapshot of this id exists.
pub(crate) async fn is_gone(cloud: &CloudStack, id: &str) -> CloudResult<bool> {
    let of =
        ListSnapshots { id: Some(id.to_owned()), listall: Some(true), ..ListSnapshots::default() };
    let rows = cloud.list(of).await.or_none_if_gone()?.unwrap_or_default();
    Ok(!rows.iter().any(exists))
}

/// Makes sure that no snapshot of this name is left.
pub(crate) async fn ensure_absent(cloud: &CloudStack, name: &str) -> Result<Absence> {
    let tried = || format!("removing snapshot {name}");
    let snapshots = named(cloud, name).await.during(Activity::DeleteSnapshot, tried)?;
    let absence = if snapshots.is_empty() { Absence::MayAppear } else { Absence::Final };
    for snapshot in snapshots {
        let delete = DeleteSnapshot { id: snapshot.id };
        let until = cloud.undo_deadline(Wait::DeleteSnapshot);
        let deleted = cloud.run_job(&delete, until).await.ignore_not_found();
        deleted.during(Activity::DeleteSnapshot, tried)?;
    }
    Ok(absence)
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
