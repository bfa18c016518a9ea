//! `detach_disk`: detaches a volume from the VM that is named, and from no other.

use crate::api::change;
use crate::errors::{Activity, Failure, ResultExt, disk_not_found};
use crate::intent::Intent;
use crate::name_ref::is_id;
use crate::properties::Wait;
use crate::resources::volume;
use crate::session::CloudStack;
use bosh_cpi::method::DetachDisk;
use bosh_cpi::{CpiError, ErrorKind, Result, VmCid};
use cloudstack::api::{DetachVolume, Volume};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: DetachDisk) -> Result<()> {
    let tried = || format!("detaching disk {} from VM {}", call.disk_cid, call.vm_cid);
    let disk = volume::find(cloud, &call.disk_cid).await.during(Activity::DetachDisk, tried)?;
    let disk = disk.ok_or_else(|| disk_not_found(&call.disk_cid))?;
    check_holder(&disk, &call.vm_cid, &tried())?;
    let id = disk.id;
    cloud
        .operation("detach_disk", async |operation| {
            let detach = DetachVolume { id: id.clone() };
            let until = cloud.deadline(Wait::DetachVolume);
            let is_free = async || {
                let volume = volume::settled(cloud, &id, until).await?;
                Ok::<_, Failure>(volume.is_none_or(|volume| volume.virtualmachineid.is_none()))
            };
            let send = async || match cloud.run_job(&detach, until).await.map(drop) {
                // Another call was faster, or this one was sent twice.
                Err(failure) if failure.has_code(431) && is_free().await? => Ok(()),
                detached => detached,
            };
            let probe = async || Ok(is_free().await?.then_some(()));
            let detached = change(operation, Intent::change("detach", &id), send, probe).await;
            detached.during(Activity::DetachDisk, tried)?;
            Ok(((), Some(id.clone())))
        })
        .await
}

fn check_holder(disk: &Volume, vm: &VmCid, tried: &str) -> Result<()> {
    let Some(holder) = &disk.virtualmachineid else {
        return Err(not_attached(format!("{tried}: it is attached to no VM")));
    };
    let name = disk.other.get("vmname").and_then(|name| name.as_str());
    let is_it = match is_id(vm.as_str()) {
        true => holder == vm.as_str(),
        false => name == Some(vm.as_str()),
    };
    if is_it {
        return Ok(());
    }
    Err(not_attached(format!("{tried}: it is attached to another VM, {holder}")))
}

fn not_attached(message: String) -> CpiError {
    CpiError::new(ErrorKind::DiskNotAttached, message)
}
