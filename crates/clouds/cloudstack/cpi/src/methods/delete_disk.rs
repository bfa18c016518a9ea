//! `delete_disk`: deletes a volume. One that is gone is as it should be; one that is attached, or
//! that is being attached, is left alone.

use crate::api::change;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::permit::{self, Permit};
use crate::properties::Wait;
use crate::resources::volume;
use crate::session::CloudStack;
use bosh_cpi::method::DeleteDisk;
use bosh_cpi::{CpiError, DiskCid, Result};
use cloudstack::api::{Success, Volume};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: DeleteDisk) -> Result<()> {
    let cid = call.disk_cid;
    let tried = || format!("deleting disk {cid}");
    // CloudStack deletes a disk that is being attached: it is looked at first.
    let Some(disk) = find(cloud, &cid).await.during(Activity::DeleteDisk, tried)? else {
        return Ok(());
    };
    if let Some(vm) = &disk.virtualmachineid {
        return Err(attached(&tried(), vm));
    }
    let delete = permit::delete_volume(&Permit::of_caller(&cid, &disk.id));
    cloud
        .operation("delete_disk", async |operation| {
            let until = cloud.deadline(Wait::DeleteVolume);
            let is_gone = async || {
                let there = volume::by_id(cloud, &disk.id).await?.filter(volume::exists);
                Ok(there.is_none().then_some(true))
            };
            let send = async || match cloud.destroy(&delete, until).await {
                Ok(Success(done)) => Ok(done),
                Err(failure) if failure.is_gone() => Ok(true),
                Err(failure) => Err(failure),
            };
            let deleted = change(operation, Intent::change("delete", &disk.id), send, is_gone);
            match deleted.await {
                Ok(true) => Ok(((), None)),
                Ok(false) => {
                    let why = format!("{}: the cloud says that it did not succeed", tried());
                    Err(CpiError::cloud(why))
                }
                // Attached meanwhile.
                Err(failure) => match volume::by_id(cloud, &disk.id).await {
                    Ok(Some(Volume { virtualmachineid: Some(vm), .. })) => {
                        Err(attached(&tried(), &vm))
                    }
                    _ => Err(failure.into_cpi(Activity::DeleteDisk, tried())),
                },
            }
        })
        .await
}

/// The disk, once no job works on it any more.
async fn find(cloud: &CloudStack, cid: &DiskCid) -> CloudResult<Option<Volume>> {
    let Some(disk) = volume::find(cloud, cid).await? else { return Ok(None) };
    if !volume::is_busy(&disk) {
        return Ok(Some(disk));
    }
    let until = cloud.deadline(Wait::DeleteVolume);
    Ok(volume::settled(cloud, &disk.id, until).await?.filter(volume::exists))
}

fn attached(tried: &str, vm: &str) -> CpiError {
    CpiError::cloud(format!("{tried}: it is attached to VM {vm}: detach it first"))
}
