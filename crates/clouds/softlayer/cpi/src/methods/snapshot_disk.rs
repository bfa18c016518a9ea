//! `snapshot_disk`: a snapshot, named in the call that takes it. A disk without space for
//! snapshots gets some first.

use crate::api::step_outcome;
use crate::cids::disk_id;
use crate::errors::{Activity, CloudResult, Failure, ResultExt, disk_not_found};
use crate::intent::Intent;
use crate::notes::Notes;
use crate::properties::Wait;
use crate::resources::{snapshot, snapshot_space, volume};
use crate::session::SoftLayer;
use bosh_cpi::method::SnapshotDisk;
use bosh_cpi::{CpiError, Result, SnapshotCid};
use cloud_http::{Deadline, paused};
use cpi_kit::Provider;
use softlayer::api::StorageSnapshot;
use softlayer::api::network_storage::CreateSnapshot;
use softlayer::phrases::PROVISIONING;
use std::time::Instant;

/// A volume has no more (IBM Cloud docs, block storage for Classic, 2026).
const MOST: usize = 50;

pub(crate) async fn run(cloud: &SoftLayer, call: SnapshotDisk) -> Result<SnapshotCid> {
    let cid = &call.disk_cid;
    let tried = format!("snapshotting disk {cid}");
    let id = disk_id(cid).ok_or_else(|| disk_not_found(cid))?;
    let volume = volume::find(cloud, id).await.during(Activity::SnapshotDisk, || &tried)?;
    let volume = volume.ok_or_else(|| disk_not_found(cid))?;
    cloud.wait_for_earlier_calls_on(&id.to_string()).await?;
    let until = cloud.deadline(Wait::SnapshotDisk);
    cloud
        .operation("snapshot_disk", async |operation| {
            if volume.snapshot_capacity_gb.unwrap_or(0) == 0 {
                let bought = snapshot_space::buy(cloud, operation, &volume, until).await;
                bought.during(Activity::SnapshotDisk, || &tried)?;
            }
            let name = cloud.names.snapshot(operation.id());
            let notes = Notes::named(&name).with(&call.metadata).text();
            let take = CreateSnapshot { id, notes };
            let taken = operation.step(
                Intent::Snapshot { name: name.clone(), disk: id.to_string() },
                async || step_outcome(take_once_ready(cloud, &take, until).await),
                async || snapshot::adopt(cloud, id, &name).await,
            );
            let taken = match taken.await {
                Ok(taken) => taken,
                Err(failure) => {
                    let failure = failure.into_cpi(Activity::SnapshotDisk, &tried);
                    return Err(limit_error(cloud, id, &tried).await.unwrap_or(failure));
                }
            };
            let cid = SnapshotCid::new(taken.id.to_string())
                .map_err(|e| CpiError::cloud(format!("createSnapshot: {e}")))?;
            let text = cid.to_string();
            Ok((cid, Some(text)))
        })
        .await
}

/// Takes it, once the volume and its space are ready.
async fn take_once_ready(
    cloud: &SoftLayer,
    take: &CreateSnapshot,
    until: Deadline,
) -> CloudResult<StorageSnapshot> {
    let begun = Instant::now();
    loop {
        let taken = cloud.client()?.call_once_possible(take, volume::BUSY, until).await;
        match taken {
            Err(error) if error.says(PROVISIONING) && paused(begun.elapsed(), until).await => {}
            taken => return taken.map_err(Failure::Cloud),
        }
    }
}

/// The better words where a disk has as many snapshots as it can have.
async fn limit_error(cloud: &SoftLayer, id: u64, tried: &str) -> Option<CpiError> {
    let snapshots = snapshot::list(cloud, id).await.ok()?;
    (snapshots.len() >= MOST).then(|| {
        CpiError::cloud(format!("{tried}: it has {MOST} snapshots, which is the most that a volume can have: delete some"))
    })
}
