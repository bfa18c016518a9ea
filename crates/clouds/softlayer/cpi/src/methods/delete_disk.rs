//! `delete_disk`: cancels a volume. One that is gone is as it should be; one that is attached is
//! left alone.

use crate::api::step_outcome;
use crate::cids::disk_id;
use crate::errors::{Activity, ResultExt};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::volume::{self, holders};
use crate::session::SoftLayer;
use bosh_cpi::method::DeleteDisk;
use bosh_cpi::{CpiError, Result};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &SoftLayer, call: DeleteDisk) -> Result<()> {
    let cid = call.disk_cid;
    let tried = format!("deleting disk {cid}");
    let Some(id) = disk_id(&cid) else { return Ok(()) };
    let volume = volume::find(cloud, id).await.during(Activity::DeleteDisk, || &tried)?;
    let Some(volume) = volume else { return Ok(()) };
    if let Some(holder) = holders(&volume).first() {
        let message = format!("{tried}: it is attached to VM {holder}: detach it first");
        return Err(CpiError::cloud(message));
    }
    cloud
        .operation("delete_disk", async |operation| {
            let until = cloud.deadline(Wait::DeleteDisk);
            operation
                .step(
                    Intent::change("delete", id),
                    async || step_outcome(volume::cancel(cloud, &volume, until).await),
                    // What is cancelled twice is cancelled.
                    async || match volume::find(cloud, id).await? {
                        None => Ok(Some(())),
                        Some(volume) => volume::cancel(cloud, &volume, until).await.map(Some),
                    },
                )
                .await
                .during(Activity::DeleteDisk, || &tried)?;
            Ok(((), None))
        })
        .await
}
