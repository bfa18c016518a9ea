//! `delete_disk`: deletes a volume. One that is gone is as it should be; one that is attached
//! is left alone.

use crate::api::step_outcome;
use crate::errors::{Activity, Failure, ResultExt};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::volume;
use crate::session::CloudStack;
use bosh_cpi::method::DeleteDisk;
use bosh_cpi::{CpiError, DiskCid, Result};
use cloudstack::api::{DeleteVolume, Success};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: DeleteDisk) -> Result<()> {
    let cid = call.disk_cid;
    let id = volume::id_of(cloud, &cid).await;
    let id = id.during(Activity::DeleteDisk, || format!("deleting disk {cid}"))?;
    let Some(id) = id else { return Ok(()) };
    cloud
        .operation("delete_disk", async |operation| {
            let delete = DeleteVolume { id: id.clone() };
            let until = cloud.deadline(Wait::DeleteVolume);
            let deleted = operation
                .step(
                    Intent::change("delete", &id),
                    async || step_outcome(cloud.call(&delete, until).await),
                    async || {
                        match volume::by_id(cloud, &id).await?.filter(volume::exists) {
                            None => Ok(Some(Success(true))),
                            // What is deleted twice is deleted.
                            Some(_) => {
                                let again = cloud.call(&delete, until).await;
                                again.ignore_not_found().map(|()| Some(Success(true)))
                            }
                        }
                    },
                )
                .await;
            match deleted {
                Ok(Success(true)) => Ok(((), None)),
                Err(failure) if failure.is_gone() => Ok(((), None)),
                Ok(Success(false)) => Err(explain(cloud, &cid, &id, None).await),
                Err(failure) => Err(explain(cloud, &cid, &id, Some(failure)).await),
            }
        })
        .await
}

/// Why a volume could not be deleted, in better words where a look tells.
async fn explain(
    cloud: &CloudStack,
    cid: &DiskCid,
    id: &str,
    failure: Option<Failure>,
) -> CpiError {
    let tried = format!("deleting disk {cid}");
    if let Ok(Some(volume)) = volume::by_id(cloud, id).await
        && let Some(vm) = volume.virtualmachineid
    {
        return CpiError::cloud(format!("{tried}: it is attached to VM {vm}: detach it first"));
    }
    match failure {
        Some(failure) => failure.into_cpi(Activity::DeleteDisk, tried),
        None => CpiError::cloud(format!("{tried}: the cloud says that it did not succeed")),
    }
}
