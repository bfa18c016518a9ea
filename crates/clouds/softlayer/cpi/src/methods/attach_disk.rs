//! `attach_disk`: lets a VM mount a volume, and tells the agent how to log in to it. Attaching
//! it again to the same VM answers the same.

use crate::SoftLayer;
use crate::access::Mounts;
use crate::cids::{Machine, disk_id, no_disk, no_vm};
use crate::connect::Answer;
use crate::errors::{self, Activity};
use crate::properties::Wait;
use crate::steps::{Intent, ended};
use crate::storage::{datacenter, holders};
use bosh_cpi::method::AttachDisk;
use bosh_cpi::{CpiError, DiskHint, IscsiHint, Result};
use cloud_http::{Deadline, paused};
use cpi_kit::Provider;
use softlayer::api::NetworkStorage;
use std::time::Instant;

pub(crate) async fn run(cloud: &SoftLayer, call: AttachDisk) -> Result<DiskHint> {
    let tried = format!("attaching disk {} to VM {}", call.disk_cid, call.vm_cid);
    let failed = |failure| errors::answer(Activity::AttachDisk, &tried, failure);
    let machine = Machine::of(&call.vm_cid).ok_or_else(|| no_vm(&call.vm_cid))?;
    let id = disk_id(&call.disk_cid).ok_or_else(|| no_disk(&call.disk_cid))?;
    let cid = id.to_string();
    cloud.wait_for_earlier_calls_on(&cid).await?;
    let (volume, mounts) =
        tokio::try_join!(cloud.volume(id), cloud.mounts(machine)).map_err(failed)?;
    let volume = volume.ok_or_else(|| no_disk(&call.disk_cid))?;
    let mounts = mounts.ok_or_else(|| no_vm(&call.vm_cid))?;
    check_place(&volume, &mounts, &call)?;
    let until = cloud.deadline(Wait::AttachDisk);
    cloud
        .operation("attach_disk", async |operation| {
            let holders = holders(&volume);
            if let Some(other) = holders.iter().find(|holder| **holder != machine) {
                let message = format!("{tried}: it is attached to VM {other}: detach it first");
                return Err(CpiError::cloud(message));
            }
            if holders.is_empty() {
                let target = Intent::Attachment { disk: cid.clone(), vm: machine.to_string() };
                let allowed = operation.step(
                    target,
                    async || ended(cloud.allow(id, machine, until).await),
                    async || Ok(cloud.is_allowed(id, machine).await?.then_some(())),
                );
                allowed.await.map_err(failed)?;
            }
            let hint = hint(cloud, &volume, machine, until).await.map_err(failed)?;
            Ok((DiskHint::Iscsi(hint), Some(cid.clone())))
        })
        .await
}

/// A VM mounts volumes of its own data center only.
fn check_place(volume: &NetworkStorage, mounts: &Mounts, call: &AttachDisk) -> Result<()> {
    match (datacenter(volume), &mounts.datacenter) {
        (Some(disk), Some(vm)) if disk != vm => Err(CpiError::cloud(format!(
            "disk {} is in data center {disk}, VM {} in {vm}: a VM and its disks are in one",
            call.disk_cid, call.vm_cid
        ))),
        _ => Ok(()),
    }
}

/// How the agent logs in. The credentials come with the machine's first volume, a moment after
/// it was let to it.
async fn hint(
    cloud: &SoftLayer,
    volume: &NetworkStorage,
    machine: Machine,
    until: Deadline,
) -> Answer<IscsiHint> {
    let address = volume.service_resource_backend_ip_address.clone();
    let target = address.or_else(|| volume.iscsi_target_ip_addresses.first().cloned());
    let target = target
        .ok_or_else(|| CpiError::cloud("SoftLayer does not tell the address of its storage"))?;
    let begun = Instant::now();
    loop {
        let host = cloud.mounts(machine).await?.and_then(|mounts| mounts.host);
        let told = host.and_then(|host| {
            let credential = host.credential?;
            Some((host.name?, credential.username?, credential.password?))
        });
        if let Some((initiator_name, username, password)) = told {
            let id = volume.id.to_string();
            return Ok(IscsiHint { id, initiator_name, target, username, password });
        }
        if !paused(begun.elapsed(), until).await {
            let message = "SoftLayer does not tell the VM's iSCSI credentials";
            return Err(CpiError::cloud(message).into());
        }
    }
}
