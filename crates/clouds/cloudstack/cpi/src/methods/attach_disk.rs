//! `attach_disk`: attaches a volume, and answers where the agent finds it. Attaching it again
//! to the same VM answers the same.

use crate::api::{is_lost, new_job_id, step_outcome};
use crate::disk_bus::DiskBus;
use crate::disk_hint::disk_hint;
use crate::errors::{Activity, CloudResult, Failure, ResultExt, disk_not_found, vm_not_found};
use crate::intent::Intent;
use crate::lookup;
use crate::properties::Wait;
use crate::resources::{vm, volume};
use crate::session::CloudStack;
use bosh_cpi::method::AttachDisk;
use bosh_cpi::{CpiError, DiskHint, Result};
use cloud_http::Deadline;
use cloudstack::api::{AttachVolume, Volume};
use cloudstack::phrases::VOLUME_IS_ALREADY_ATTACHED;
use cpi_kit::Provider;
use journal::Operation;

pub(crate) async fn run(cloud: &CloudStack, call: AttachDisk) -> Result<DiskHint> {
    let tried = || format!("attaching disk {} to VM {}", call.disk_cid, call.vm_cid);
    let ids =
        tokio::try_join!(vm::id_of(cloud, &call.vm_cid), volume::id_of(cloud, &call.disk_cid));
    let (vm, disk) = ids.during(Activity::AttachDisk, tried)?;
    let vm = vm.ok_or_else(|| vm_not_found(&call.vm_cid))?;
    let disk = disk.ok_or_else(|| disk_not_found(&call.disk_cid))?;
    cloud.wait_for_earlier_calls_on(&disk).await?;
    cloud
        .operation("attach_disk", async |operation| {
            let attached = attach(cloud, operation, &call, &vm, &disk).await;
            let volume = attached.during(Activity::AttachDisk, tried)?;
            lookup::disk::remember(cloud, call.disk_cid.as_str(), &volume);
            let driver = driver(cloud, &volume, &vm).await;
            let (hypervisor, bus) = driver.during(Activity::AttachDisk, tried)?;
            let hint = disk_hint(&volume, &hypervisor, bus).ok_or_else(|| {
                CpiError::cloud(format!("{}: the cloud's answer has no device id", tried()))
            })?;
            Ok((hint, Some(disk.clone())))
        })
        .await
}

/// How often the call is sent at most whose answers are lost.
const MAX_SENDS: usize = 3;

/// Attaches, under a job id of ours each time that the call is sent: the journal has to tell
/// whether it was this call that attached the disk.
async fn attach(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    call: &AttachDisk,
    vm: &str,
    disk: &str,
) -> CloudResult<Volume> {
    let attach =
        AttachVolume { id: disk.to_owned(), virtualmachineid: vm.to_owned(), deviceid: None };
    let until = cloud.deadline(Wait::AttachVolume);
    let mut sends = 1;
    loop {
        let job = new_job_id();
        let intent =
            Intent::Attachment { volume: disk.to_owned(), vm: vm.to_owned(), job: job.clone() };
        let attached = operation
            .step(
                intent,
                async || match cloud.run_job_as(&attach, &job, until).await {
                    Ok(made) => step_outcome(Ok(made.0)),
                    // Within the step: one that was attached before is as good.
                    Err(failure) => {
                        step_outcome(explain(cloud, call, vm, disk, failure, until).await)
                    }
                },
                async || {
                    let there = volume::by_id(cloud, disk).await?;
                    Ok(there.filter(|volume| volume.virtualmachineid.as_deref() == Some(vm)))
                },
            )
            .await;
        match attached {
            Err(failure) if is_lost(&failure) && sends < MAX_SENDS => sends += 1,
            attached => return attached,
        }
    }
}

/// What drives the volume, and on which bus. A plain user is not told the hypervisor with the
/// volume, but with the VM, which is remembered since it was made; only KVM has several buses.
async fn driver(cloud: &CloudStack, volume: &Volume, vm: &str) -> CloudResult<(String, DiskBus)> {
    if let Some(known) = lookup::vm::known(cloud, vm) {
        return Ok((known.hypervisor.clone(), known.disk_bus));
    }
    if !matches!(volume.hypervisor.as_str(), "" | "KVM") {
        return Ok((volume.hypervisor.clone(), DiskBus::default()));
    }
    let machine = vm::by_id(cloud, vm).await?;
    let machine = machine.map(|machine| lookup::vm::remember(cloud, &machine));
    Ok(machine.map(|machine| (machine.hypervisor.clone(), machine.disk_bus)).unwrap_or_default())
}

/// Why the cloud refused to attach: it is attached already, or one of the two does not exist. A
/// job that works on the disk right now may be an earlier call's, which attaches it.
async fn explain(
    cloud: &CloudStack,
    call: &AttachDisk,
    vm: &str,
    disk: &str,
    failure: Failure,
    until: Deadline,
) -> CloudResult<Volume> {
    if !failure.has_code(431) && !failure.says(VOLUME_IS_ALREADY_ATTACHED) {
        return Err(failure);
    }
    let (volume, machine) =
        tokio::try_join!(volume::settled(cloud, disk, until), vm::by_id(cloud, vm))?;
    let Some(volume) = volume.filter(volume::exists) else {
        return Err(disk_not_found(&call.disk_cid).into());
    };
    let Some(machine) = machine.filter(vm::is_live) else {
        return Err(vm_not_found(&call.vm_cid).into());
    };
    if volume.zoneid != machine.zoneid {
        return Err(CpiError::cloud(format!(
            "disk {} is in zone '{}', VM {} in zone '{}': a VM and its disks must be in one zone",
            call.disk_cid, volume.zonename, call.vm_cid, machine.zonename
        ))
        .into());
    }
    match &volume.virtualmachineid {
        Some(holder) if holder == vm => Ok(volume),
        Some(holder) => Err(CpiError::cloud(format!(
            "disk {} is attached to another VM, {holder}: detach it first",
            call.disk_cid
        ))
        .into()),
        None => Err(failure),
    }
}
