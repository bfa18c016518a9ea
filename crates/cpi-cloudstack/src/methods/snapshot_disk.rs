//! `snapshot_disk`: a snapshot, named and tagged in the call that takes it.

use super::cids::no_disk;
use crate::CloudStack;
use crate::errors::{self, Doing};
use crate::properties::Wait;
use crate::steps::{Target, ended};
use crate::tags;
use bosh_cpi::method::SnapshotDisk;
use bosh_cpi::{CpiError, Result, SnapshotCid};
use cloudstack::api::{CreateSnapshot, ListSnapshots};

pub(crate) async fn run(cloud: &CloudStack, call: SnapshotDisk) -> Result<SnapshotCid> {
    let cid = call.disk_cid;
    let failed =
        |failure| errors::answer(Doing::SnapshotDisk, format!("snapshotting disk {cid}"), failure);
    let id = cloud.disk_id(&cid).await.map_err(failed)?.ok_or_else(|| no_disk(&cid))?;
    cloud
        .operation("snapshot_disk", async |operation| {
            let name = cloud.names.snapshot(operation.id());
            let take = CreateSnapshot {
                volumeid: id.clone(),
                name: Some(name.clone()),
                tags: tags::from_metadata(&call.metadata),
                asyncbackup: None,
            };
            let until = cloud.deadline(Wait::SnapshotVolume);
            let taken = operation
                .step(
                    Target::Snapshot { name: name.clone() },
                    async || ended(cloud.run(&take, until).await.map(|taken| taken.0.id)),
                    async || {
                        let of =
                            ListSnapshots { name: Some(name.clone()), ..ListSnapshots::default() };
                        let taken = cloud.list(of).await?.into_iter();
                        let mut done = taken.filter(|snapshot| snapshot.state == "BackedUp");
                        Ok(done.next().map(|snapshot| snapshot.id))
                    },
                )
                .await
                .map_err(failed)?;
            let snapshot = SnapshotCid::new(&taken)
                .map_err(|e| CpiError::cloud(format!("createSnapshot: {e}")))?;
            Ok((snapshot, Some(taken)))
        })
        .await
}
