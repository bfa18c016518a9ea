//! `delete_snapshot`: deletes a snapshot. One that is gone is as it should be.

use crate::SoftLayer;
use crate::cids::snapshot_id;
use crate::errors::{self, Activity};
use crate::properties::Wait;
use crate::steps::{Intent, ended, gone_is_fine};
use bosh_cpi::method::DeleteSnapshot;
use bosh_cpi::{CpiError, Result};
use cpi_kit::Provider;
use softlayer::api::StorageSnapshot;
use softlayer::api::network_storage::{DeleteObject, GetObject};

pub(crate) async fn run(cloud: &SoftLayer, call: DeleteSnapshot) -> Result<()> {
    let cid = &call.snapshot_cid;
    let tried = format!("deleting snapshot {cid}");
    let failed = |failure| errors::answer(Activity::DeleteSnapshot, &tried, failure);
    let Some(id) = snapshot_id(cid) else { return Ok(()) };
    let there: Option<StorageSnapshot> = cloud.find(&GetObject { id }).await.map_err(failed)?;
    let Some(there) = there else { return Ok(()) };
    // Volumes and snapshots have ids of one kind.
    if there.nas_type.as_deref() != Some("SNAPSHOT") {
        return Err(CpiError::cloud(format!("{tried}: it is no snapshot")));
    }
    cloud
        .operation("delete_snapshot", async |operation| {
            let delete = DeleteObject { id };
            let until = cloud.deadline(Wait::SnapshotDisk);
            let gone = async || gone_is_fine(cloud.call(&delete, until).await.map(drop));
            operation
                .step(
                    Intent::change("delete", id),
                    async || ended(gone().await),
                    // What is deleted twice is deleted.
                    async || gone().await.map(Some),
                )
                .await
                .map_err(failed)?;
            Ok(((), None))
        })
        .await
}
