//! `snapshot_disk`: a snapshot, named and tagged in the call that takes it.

use crate::api::step_outcome;
use crate::errors::{Activity, CloudResult, ResultExt, disk_not_found};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::{snapshot, volume};
use crate::session::CloudStack;
use crate::tags;
use bosh_cpi::method::SnapshotDisk;
use bosh_cpi::{CpiError, Result, SnapshotCid};
use cloud_http::Deadline;
use cloudstack::api::CreateSnapshot;
use cloudstack::phrases::{SNAPSHOT_UNDER_WAY, TRY_AGAIN};
use cpi_kit::Provider;
use std::time::Duration;

/// The first wait for another snapshot of the VM, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

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
            let taken = operation
                .step(
                    Intent::Snapshot { name: name.clone() },
                    async || step_outcome(take_snapshot(cloud, &take, until).await),
                    async || {
                        let taken = snapshot::named(cloud, &name).await?.into_iter();
                        let mut done = taken.filter(|snapshot| is_done(cloud, &snapshot.state));
                        Ok(done.next().map(|snapshot| snapshot.id))
                    },
                )
                .await
                .during(Activity::SnapshotDisk, tried)?;
            let snapshot = SnapshotCid::new(&taken)
                .map_err(|e| CpiError::cloud(format!("createSnapshot: {e}")))?;
            Ok((snapshot, Some(taken)))
        })
        .await
}

/// Takes it; again and again while the cloud is at another one of the same VM.
async fn take_snapshot(
    cloud: &CloudStack,
    take: &CreateSnapshot,
    until: Deadline,
) -> CloudResult<String> {
    let (mut pause, longest) = PAUSES;
    loop {
        match cloud.run_job(take, until).await {
            Err(failure)
                if (failure.says(SNAPSHOT_UNDER_WAY) || failure.says(TRY_AGAIN))
                    && until.left() > pause =>
            {
                tracing::info!("the cloud is busy with another snapshot: waiting");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(longest);
            }
            taken => return taken.map(|taken| taken.0.id),
        }
    }
}

/// Whether a snapshot is as its job would leave it.
fn is_done(cloud: &CloudStack, state: &str) -> bool {
    let on_primary = ["CreatedOnPrimary", "BackingUp"].contains(&state);
    state == "BackedUp" || on_primary && cloud.properties.snapshot_async_backup
}
