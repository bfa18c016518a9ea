//! `snapshot_disk`: a snapshot, named and tagged in the call that takes it.

use crate::api::change;
use crate::errors::{Activity, ResultExt, disk_not_found};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::{snapshot, volume};
use crate::session::CloudStack;
use crate::tags;
use bosh_cpi::method::SnapshotDisk;
use bosh_cpi::{CpiError, Result, SnapshotCid};
use cloudstack::api::CreateSnapshot;
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: SnapshotDisk) -> Result<SnapshotCid> {
    let cid = call.disk_cid;
    let tried = || format!("snapshotting disk {cid}");
    let id = volume::id_of(cloud, &cid).await.during(Activity::SnapshotDisk, tried)?;
    let id = id.ok_or_else(|| disk_not_found(&cid))?;
    cloud
        .operation("snapshot_disk", async |operation| {
            let name = cloud.names.snapshot(operation.id());
            let take = CreateSnapshot {
                volumeid: id.clone(),
                name: Some(name.clone()),
                tags: tags::from_metadata(&call.metadata),
                asyncbackup: cloud.properties.snapshot_async_backup.then_some(true),
            };
            let until = cloud.deadline(Wait::SnapshotVolume);
            let lost = cloud.lost_answers.get();
            let send = async || cloud.run_job(&take, until).await.map(|taken| taken.0.id);
            let probe = async || {
                let taken = snapshot::owned_by_name(cloud, &name).await?.into_iter();
                let mut done = taken.filter(|snapshot| is_done(cloud, &snapshot.state));
                Ok(done.next().map(|snapshot| snapshot.id.clone()))
            };
            let intent = Intent::Snapshot { name: name.clone() };
            let taken = change(operation, intent, send, probe).await;
            let taken = taken.during(Activity::SnapshotDisk, tried)?;
            if cloud.lost_answers.get() > lost {
                let twins = snapshot::remove_twins(cloud, &name, &taken).await;
                twins.during(Activity::SnapshotDisk, tried)?;
            }
            let snapshot = SnapshotCid::new(&taken)
                .map_err(|e| CpiError::cloud(format!("createSnapshot: {e}")))?;
            Ok((snapshot, Some(taken)))
        })
        .await
}

/// Whether a snapshot is as its job would leave it.
fn is_done(cloud: &CloudStack, state: &str) -> bool {
    let on_primary = ["CreatedOnPrimary", "BackingUp"].contains(&state);
    state == "BackedUp" || on_primary && cloud.properties.snapshot_async_backup
}
