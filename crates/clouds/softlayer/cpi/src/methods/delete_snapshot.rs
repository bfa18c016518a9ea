//! `delete_snapshot`: deletes a snapshot. One that is gone is as it should be.

use crate::api::step_outcome;
use crate::cids::snapshot_id;
use crate::errors::{Activity, ResultExt};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::snapshot;
use crate::session::SoftLayer;
use bosh_cpi::Result;
use bosh_cpi::method::DeleteSnapshot;
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &SoftLayer, call: DeleteSnapshot) -> Result<()> {
    let cid = &call.snapshot_cid;
    let tried = format!("deleting snapshot {cid}");
    let Some(id) = snapshot_id(cid) else { return Ok(()) };
    let found = snapshot::find(cloud, id).await.during(Activity::DeleteSnapshot, || &tried)?;
    let Some(found) = found else { return Ok(()) };
    cloud
        .operation("delete_snapshot", async |operation| {
            let until = cloud.deadline(Wait::SnapshotDisk);
            let delete = async || snapshot::delete(cloud, &found, until).await;
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
