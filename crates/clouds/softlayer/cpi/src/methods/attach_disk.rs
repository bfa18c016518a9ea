//! `attach_disk`: lets a VM mount a volume, and tells the agent how to log in to it. Attaching
//! it again to the same VM answers the same.

use crate::api::step_outcome;
use crate::cids::{Machine, disk_id};
use crate::errors::{Activity, CloudResult, ResultExt, cloud_error, disk_not_found, vm_not_found};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::volume::{self, datacenter, holders};
use crate::resources::volume_access::{self, Mounts};
use crate::session::SoftLayer;
use bosh_cpi::method::AttachDisk;
use bosh_cpi::{CpiError, DiskHint, IscsiHint, Result};
use cloud_http::{Deadline, paused};
use cpi_kit::Provider;
use softlayer::api::NetworkStorage;
use std::time::Instant;

pub(crate) async fn run(cloud: &SoftLayer, call: AttachDisk) -> Result<DiskHint> {
    let tried = format!("attaching disk {} to VM {}", call.disk_cid, call.vm_cid);
    let machine = Machine::of(&call.vm_cid).ok_or_else(|| vm_not_found(&call.vm_cid))?;
    let id = disk_id(&call.disk_cid).ok_or_else(|| disk_not_found(&call.disk_cid))?;
    let cid = id.to_string();
    cloud.wait_for_earlier_calls_on(&cid).await?;
    let found = tokio::try_join!(volume::find(cloud, id), volume_access::mounts(cloud, machine));
    let (volume, mounts) = found.during(Activity::AttachDisk, || &tried)?;
    let volume = volume.ok_or_else(|| disk_not_found(&call.disk_cid))?;
    let mounts = mounts.ok_or_else(|| vm_not_found(&call.vm_cid))?;
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
                    async || step_outcome(volume_access::allow(cloud, id, machine, until).await),
                    async || Ok(volume_access::is_allowed(cloud, id, machine).await?.then_some(())),
                );
                allowed.await.during(Activity::AttachDisk, || &tried)?;
            }
            let hint = disk_hint(cloud, &volume, machine, until).await;
            let hint = hint.during(Activity::AttachDisk, || &tried)?;
            Ok((DiskHint::Iscsi(hint), Some(cid.clone())))
        })
        .await
}

/// A VM mounts volumes of its own data center only.
fn check_place(volume: &NetworkStorage, mounts: &Mounts, call: &AttachDisk) -> Result<()> {
    match (datacenter(volume), &mounts.datacenter) {
        (Some(disk), Some(vm)) if disk != vm => Err(CpiError::cloud(format!(
            "disk {} is in data center {disk}, VM {} in {vm}: they must be in the same data center",
            call.disk_cid, call.vm_cid
        ))),
        _ => Ok(()),
    }
}

/// How the agent logs in. The credentials come with the machine's first volume, a moment after
/// it was let to it.
async fn disk_hint(
    cloud: &SoftLayer,
    volume: &NetworkStorage,
    machine: Machine,
    until: Deadline,
) -> CloudResult<IscsiHint> {
    let address = volume.service_resource_backend_ip_address.clone();
    let target = address.or_else(|| volume.iscsi_target_ip_addresses.first().cloned());
    let target =
        target.ok_or_else(|| cloud_error("SoftLayer did not answer the address of its storage"))?;
    let begun = Instant::now();
    loop {
        let host = volume_access::mounts(cloud, machine).await?.and_then(|mounts| mounts.host);
        let told = host.and_then(|host| {
            let credential = host.credential?;
            Some((host.name?, credential.username?, credential.password?))
        });
        if let Some((initiator_name, username, password)) = told {
            let id = volume.id.to_string();
            return Ok(IscsiHint { id, initiator_name, target, username, password });
        }
        if !paused(begun.elapsed(), until).await {
            let message = "SoftLayer did not answer the VM's iSCSI credentials";
            return Err(cloud_error(message));
        }
    }
}
