//! `delete_snapshot`: deletes a snapshot. One that is gone is as it should be.

use crate::api::step_outcome;
use crate::cids::snapshot_id;
use crate::errors::{Activity, ResultExt};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::session::SoftLayer;
use bosh_cpi::method::DeleteSnapshot;
use bosh_cpi::{CpiError, Result};
use cpi_kit::Provider;
use softlayer::api::StorageSnapshot;
use softlayer::api::network_storage::{DeleteObject, GetObject};

pub(crate) async fn run(cloud: &SoftLayer, call: DeleteSnapshot) -> Result<()> {
    let cid = &call.snapshot_cid;
    let tried = format!("deleting snapshot {cid}");
    let Some(id) = snapshot_id(cid) else { return Ok(()) };
    let there: Option<StorageSnapshot> =
        cloud.find(&GetObject { id }).await.during(Activity::DeleteSnapshot, || &tried)?;
    let Some(there) = there else { return Ok(()) };
    // Volumes and snapshots have ids of one kind.
    if there.nas_type.as_deref() != Some("SNAPSHOT") {
        return Err(CpiError::cloud(format!("{tried}: it is not a snapshot")));
    }
    cloud
        .operation("delete_snapshot", async |operation| {
            let call = DeleteObject { id };
            let until = cloud.deadline(Wait::SnapshotDisk);
            let delete = async || cloud.call(&call, until).await.ignore_not_found();
            operation
                .step(
                    Intent::change("delete", id),
                    async || step_outcome(delete().await),
                    // What is deleted twice is deleted.
                    async || delete().await.map(Some),
                )
                .await
                .during(Activity::DeleteSnapshot, || &tried)?;
            Ok(((), None))
        })
        .await
}
