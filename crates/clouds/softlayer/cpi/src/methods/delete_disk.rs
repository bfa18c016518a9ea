//! `delete_disk`: cancels a volume. One that is gone is as it should be; one that is attached is
//! left alone.

use crate::SoftLayer;
use crate::cids::disk_id;
use crate::errors::{self, Activity};
use crate::properties::Wait;
use crate::steps::{Intent, ended};
use crate::storage::holders;
use bosh_cpi::method::DeleteDisk;
use bosh_cpi::{CpiError, Result};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &SoftLayer, call: DeleteDisk) -> Result<()> {
    let cid = call.disk_cid;
    let tried = format!("deleting disk {cid}");
    let failed = |failure| errors::answer(Activity::DeleteDisk, &tried, failure);
    let Some(id) = disk_id(&cid) else { return Ok(()) };
    let Some(volume) = cloud.volume(id).await.map_err(failed)? else { return Ok(()) };
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
                    async || ended(cloud.cancel_volume(&volume, until).await),
                    // What is cancelled twice is cancelled.
                    async || match cloud.volume(id).await? {
                        None => Ok(Some(())),
                        Some(volume) => cloud.cancel_volume(&volume, until).await.map(Some),
                    },
                )
                .await
                .map_err(failed)?;
            Ok(((), None))
        })
        .await
}
