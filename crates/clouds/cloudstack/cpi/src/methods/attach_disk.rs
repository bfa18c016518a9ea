//! `attach_disk`: attaches a volume, and tells the agent where to find it. Attaching it again
//! to the same VM answers the same.

use super::cids::{is_alive, no_disk, no_vm};
use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::hints::hint;
use crate::properties::Wait;
use crate::steps::{Intent, ended, is_there};
use bosh_cpi::method::AttachDisk;
use bosh_cpi::{CpiError, DiskHint, Result};
use cloudstack::api::{AttachVolume, Volume};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: AttachDisk) -> Result<DiskHint> {
    let tried = format!("attaching disk {} to VM {}", call.disk_cid, call.vm_cid);
    let failed = |failure| errors::answer(Activity::AttachDisk, &tried, failure);
    let (vm, disk) = tokio::try_join!(cloud.vm_id(&call.vm_cid), cloud.disk_id(&call.disk_cid))
        .map_err(failed)?;
    let vm = vm.ok_or_else(|| no_vm(&call.vm_cid))?;
    let disk = disk.ok_or_else(|| no_disk(&call.disk_cid))?;
    cloud.wait_for_earlier_calls_on(&disk).await?;
    cloud
        .operation("attach_disk", async |operation| {
            let attach =
                AttachVolume { id: disk.clone(), virtualmachineid: vm.clone(), deviceid: None };
            let job = uuid::Uuid::new_v4().to_string();
            let until = cloud.deadline(Wait::AttachVolume);
            let attached = operation
                .step(
                    Intent::Attachment { volume: disk.clone(), vm: vm.clone(), job: job.clone() },
                    async || match cloud.run_as(&attach, &job, until).await {
                        Ok(made) => ended(Ok(made.0)),
                        // Within the step: one that was attached before is as good.
                        Err(failure) => ended(look(cloud, &call, &vm, &disk, failure).await),
                    },
                    async || {
                        let there = cloud.volume_by_id(&disk).await?;
                        Ok(there.filter(|volume| volume.virtualmachineid.as_ref() == Some(&vm)))
                    },
                )
                .await;
            let volume = attached.map_err(failed)?;
            cloud.remember_disk(call.disk_cid.as_str(), &volume);
            let hypervisor = hypervisor(cloud, &volume, &vm).await.map_err(failed)?;
            let hint = hint(&volume, &hypervisor).ok_or_else(|| {
                CpiError::cloud(format!("{tried}: the cloud does not tell its device id"))
            })?;
            Ok((hint, Some(disk.clone())))
        })
        .await
}

/// What drives the volume. A plain user is not told it with the volume, but with the VM, which
/// is remembered since it was made.
async fn hypervisor(
    cloud: &CloudStack,
    volume: &Volume,
    vm: &str,
) -> std::result::Result<String, Failure> {
    if !volume.hypervisor.is_empty() {
        return Ok(volume.hypervisor.clone());
    }
    if let Some(known) = cloud.known_vm(vm) {
        return Ok(known.hypervisor.clone());
    }
    let machine = cloud.vm_by_id(vm).await?;
    Ok(machine.map(|machine| cloud.remember_vm(&machine).hypervisor.clone()).unwrap_or_default())
}

/// Why the cloud refused to attach: it is attached already, or one of the two is not there.
async fn look(
    cloud: &CloudStack,
    call: &AttachDisk,
    vm: &str,
    disk: &str,
    failure: Failure,
) -> std::result::Result<Volume, Failure> {
    if !failure.has_code(431) {
        return Err(failure);
    }
    let (volume, machine) = tokio::try_join!(cloud.volume_by_id(disk), cloud.vm_by_id(vm))?;
    let Some(volume) = volume.filter(is_there) else { return Err(no_disk(&call.disk_cid).into()) };
    let Some(machine) = machine.filter(is_alive) else { return Err(no_vm(&call.vm_cid).into()) };
    if volume.zoneid != machine.zoneid {
        return Err(CpiError::cloud(format!(
            "disk {} is in zone '{}', VM {} in zone '{}': a VM and its disks are in one zone",
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
