//! `delete_disk`: deletes a volume. One that is gone is as it should be; one that is attached
//! is left alone.

use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::properties::Wait;
use crate::steps::{Intent, ended, gone_is_fine, is_there};
use bosh_cpi::method::DeleteDisk;
use bosh_cpi::{CpiError, DiskCid, Result};
use cloudstack::api::{DeleteVolume, Success};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: DeleteDisk) -> Result<()> {
    let cid = call.disk_cid;
    let failed =
        |failure| errors::answer(Activity::DeleteDisk, format!("deleting disk {cid}"), failure);
    let Some(id) = cloud.disk_id(&cid).await.map_err(failed)? else { return Ok(()) };
    cloud
        .operation("delete_disk", async |operation| {
            let delete = DeleteVolume { id: id.clone() };
            let until = cloud.deadline(Wait::DeleteVolume);
            let deleted = operation
                .step(
                    Intent::change("delete", &id),
                    async || ended(cloud.call(&delete, until).await),
                    async || {
                        match cloud.volume_by_id(&id).await?.filter(is_there) {
                            None => Ok(Some(Success(true))),
                            // What is deleted twice is deleted.
                            Some(_) => {
                                let again = cloud.call(&delete, until).await.map(drop);
                                gone_is_fine(again).map(|()| Some(Success(true)))
                            }
                        }
                    },
                )
                .await;
            match deleted {
                Ok(Success(true)) => Ok(((), None)),
                Err(failure) if failure.is_gone() => Ok(((), None)),
                Ok(Success(false)) => Err(refused(cloud, &cid, &id, None).await),
                Err(failure) => Err(refused(cloud, &cid, &id, Some(failure)).await),
            }
        })
        .await
}

/// Why a volume could not be deleted, in better words where a look tells.
async fn refused(
    cloud: &CloudStack,
    cid: &DiskCid,
    id: &str,
    failure: Option<Failure>,
) -> CpiError {
    let tried = format!("deleting disk {cid}");
    if let Ok(Some(volume)) = cloud.volume_by_id(id).await
        && let Some(vm) = volume.virtualmachineid
    {
        return CpiError::cloud(format!("{tried}: it is attached to VM {vm}: detach it first"));
    }
    match failure {
        Some(failure) => errors::answer(Activity::DeleteDisk, tried, failure),
        None => CpiError::cloud(format!("{tried}: the cloud says that it did not succeed")),
    }
}
