//! `snapshot_disk`: a snapshot, named in the call that takes it. A disk without space for
//! snapshots gets some first.

use crate::SoftLayer;
use crate::cids::{disk_id, no_disk};
use crate::connect::Answer;
use crate::errors::{self, Activity, Failure};
use crate::notes::Notes;
use crate::properties::Wait;
use crate::steps::{Intent, ended};
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
    let failed = |failure| errors::answer(Activity::SnapshotDisk, &tried, failure);
    let id = disk_id(cid).ok_or_else(|| no_disk(cid))?;
    let volume = cloud.volume(id).await.map_err(failed)?.ok_or_else(|| no_disk(cid))?;
    cloud.wait_for_earlier_calls_on(&id.to_string()).await?;
    let until = cloud.deadline(Wait::SnapshotDisk);
    cloud
        .operation("snapshot_disk", async |operation| {
            if volume.snapshot_capacity_gb.unwrap_or(0) == 0 {
                cloud.buy_space(operation, &volume, until).await.map_err(failed)?;
            }
            let name = cloud.names.snapshot(operation.id());
            let notes = Notes::named(&name).with(&call.metadata).text();
            let take = CreateSnapshot { id, notes };
            let taken = operation.step(
                Intent::Snapshot { name: name.clone(), disk: id.to_string() },
                async || ended(patiently(cloud, &take, until).await),
                async || cloud.snapshot_named(id, &name).await,
            );
            let taken = match taken.await {
                Ok(taken) => taken,
                Err(failure) => {
                    return Err(full(cloud, id, &tried).await.unwrap_or(failed(failure)));
                }
            };
            let snapshot = SnapshotCid::new(taken.id.to_string())
                .map_err(|e| CpiError::cloud(format!("createSnapshot: {e}")))?;
            let text = snapshot.to_string();
            Ok((snapshot, Some(text)))
        })
        .await
}

/// Takes it, once the volume and its space are ready.
async fn patiently(
    cloud: &SoftLayer,
    take: &CreateSnapshot,
    until: Deadline,
) -> Answer<StorageSnapshot> {
    let begun = Instant::now();
    loop {
        let taken = cloud.client()?.call_once_possible(take, crate::storage::NOT_YET, until).await;
        match taken {
            Err(error) if error.says(PROVISIONING) && paused(begun.elapsed(), until).await => {}
            taken => return taken.map_err(Failure::Cloud),
        }
    }
}

/// The better words where a disk has as many snapshots as it can have.
async fn full(cloud: &SoftLayer, id: u64, tried: &str) -> Option<CpiError> {
    let snapshots = cloud.snapshots_of(id).await.ok()?;
    (snapshots.len() >= MOST).then(|| {
        CpiError::cloud(format!("{tried}: it has {MOST} snapshots, and a volume has no more"))
    })
}
