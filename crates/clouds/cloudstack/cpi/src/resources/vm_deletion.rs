//! Deleting a VM with everything that goes with it: ephemeral disks, public addresses that were
//! acquired for it, firewall rules that were made for it.

use super::public_resource::{self, PublicPermit};
use super::{firewall_rule, public_ip, vm, volume};
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::PublicResource;
use crate::lookup::features::{self, Feature};
use crate::naming::{is_edge, is_ephemeral};
use crate::permit::{self, Permit};
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloud_http::Deadline;
use cloudstack::api::{VirtualMachine, Volume};
use cloudstack::phrases::{NO_EXPUNGE_PERMISSION, NOT_ITS_DATADISK};
use cpi_kit::{Claim, Owned};
use journal::Absence;

/// How often a VM is destroyed at most, while other destroys of it end.
const MAX_DESTROYS: usize = 4;

/// The disks that live and die with their VM, among the volumes of that VM.
pub(crate) fn ephemeral_disks(volumes: &[Volume]) -> Vec<Permit<Volume>> {
    let ephemeral = volumes.iter().filter(|v| v.kind != "ROOT" && is_ephemeral(&v.name));
    let owned = ephemeral.filter_map(|volume| {
        Claim::journaled_id(&volume.id).of_subtype("DATADISK").verify(volume.clone()).ok()
    });
    owned.map(|volume| Permit::from(&volume)).collect()
}

/// The public resources that go with a VM. Only the names of some VMs say that there may be any,
/// so that others cost no call.
pub(crate) async fn public_resources(
    cloud: &CloudStack,
    vm: &str,
    volumes: &[Volume],
) -> CloudResult<Vec<PublicPermit>> {
    let name = |volume: &Volume| {
        volume.other.get("vmname").and_then(|name| name.as_str()).is_some_and(is_edge)
    };
    if !volumes.iter().any(name) {
        return Ok(Vec::new());
    }
    let mut resources = Vec::new();
    for address in public_ip::of_vm(cloud, vm).await? {
        let id = address.id.clone();
        if public_ip::acquired_for(&address).is_none() {
            resources.extend(rules_of_vm(cloud, vm, &id).await?);
        } else if let Ok(address) = Claim::journaled_id(&id).verify(address) {
            resources.push(PublicPermit::PublicIp((&address).into()));
        }
    }
    Ok(resources)
}

/// The firewall rules that were made for a VM, of an address that is not ours to give back.
async fn rules_of_vm(
    cloud: &CloudStack,
    vm: &str,
    address: &str,
) -> CloudResult<Vec<PublicPermit>> {
    let (vm, rules) =
        tokio::try_join!(vm::by_id(cloud, vm), firewall_rule::of_address(cloud, address))?;
    let Some(vm) = vm else { return Ok(Vec::new()) };
    let rules = firewall_rule::made_for(&vm, rules).into_iter();
    let owned = rules.filter_map(|rule| {
        let id = rule.id.clone();
        Claim::journaled_id(&id).verify(rule).ok()
    });
    Ok(owned.map(|rule| PublicPermit::FirewallRule((&rule).into())).collect())
}

/// Destroys a VM, running, broken or half gone, with its ephemeral disks. CloudStack stops it
/// and detaches every other disk by itself. A destroy that runs already, of a call whose answer was
/// lost or of another process, is waited for: a second one would fail.
pub(crate) async fn destroy(
    cloud: &CloudStack,
    vm: &Permit<VirtualMachine>,
    disks: &[Permit<Volume>],
    until: Deadline,
) -> CloudResult<()> {
    let mut destroys = 1;
    loop {
        let failure = match destroy_once(cloud, vm, disks, until).await {
            Err(failure) if failure.is_refusal() => failure,
            destroyed => return destroyed,
        };
        let Some(row) = vm::by_id(cloud, vm.id()).await? else {
            return delete_volumes(cloud, disks).await;
        };
        let Some(job) = vm::running_job(&row).filter(|_| destroys < MAX_DESTROYS) else {
            return Err(failure);
        };
        tracing::info!("job {job} works on VM {}: waiting for it ({failure})", vm.id());
        cloud.job_outcome(job, "", until).await?;
        if vm::by_id(cloud, vm.id()).await?.is_none() {
            return delete_volumes(cloud, disks).await;
        }
        destroys += 1;
    }
}

async fn destroy_once(
    cloud: &CloudStack,
    vm: &Permit<VirtualMachine>,
    disks: &[Permit<Volume>],
    until: Deadline,
) -> CloudResult<()> {
    if !cloud.properties.expunge_vm {
        return destroy_without_expunging(cloud, vm, disks, until).await;
    }
    let at_once = disks.is_empty() || with_disks(cloud).await?;
    let with = if at_once { disks } else { &[] };
    match cloud.destroy_by_job(&permit::destroy_vm(vm, with, true), until).await {
        Ok(_) if at_once => Ok(()),
        Ok(_) => delete_volumes(cloud, disks).await,
        Err(failure) if failure.is_gone() => delete_volumes(cloud, disks).await,
        Err(failure) if failure.says(NO_EXPUNGE_PERMISSION) => {
            tracing::warn!(
                "this account cannot expunge VMs: VM {} keeps its addresses and its name until \
                 CloudStack's expunge.delay; ask an admin to set allow.user.expunge.recover.vm",
                vm.id()
            );
            destroy_without_expunging(cloud, vm, disks, until).await
        }
        Err(failure) if failure.says(NOT_ITS_DATADISK) => {
            let bare = permit::destroy_vm(vm, &[], true);
            cloud.destroy_by_job(&bare, until).await.ignore_not_found()?;
            delete_volumes(cloud, disks).await
        }
        Err(failure) => Err(failure),
    }
}

/// Whether the cloud deletes disks with their VM. A role that is not told the version does it in
/// the way of the oldest.
async fn with_disks(cloud: &CloudStack) -> CloudResult<bool> {
    match features::has(cloud, Feature::DestroyWithVolumes).await {
        Err(failure) if failure.is_refusal() => Ok(false),
        has => has,
    }
}

/// The disks are deleted on their own then: destroyed with the VM they would wait for the cloud's
/// own cleaning, as the VM does.
async fn destroy_without_expunging(
    cloud: &CloudStack,
    vm: &Permit<VirtualMachine>,
    disks: &[Permit<Volume>],
    until: Deadline,
) -> CloudResult<()> {
    let destroy = permit::destroy_vm(vm, &[], false);
    cloud.destroy_by_job(&destroy, until).await.ignore_not_found()?;
    delete_volumes(cloud, disks).await
}

async fn delete_volumes(cloud: &CloudStack, disks: &[Permit<Volume>]) -> CloudResult<()> {
    for disk in disks {
        volume::delete(cloud, disk).await?;
    }
    Ok(())
}

/// Makes sure that no VM of this name is left, whatever its deploy has come to.
pub(crate) async fn ensure_absent(cloud: &CloudStack, name: &str) -> Result<Absence> {
    let tried = || format!("removing VM {name}");
    let vms = vm::owned_by_name(cloud, name).await.during(Activity::DeleteVm, tried)?;
    let absence = if vms.is_empty() { Absence::MayAppear } else { Absence::Final };
    for vm in &vms {
        remove(cloud, vm).await.during(Activity::DeleteVm, tried)?;
    }
    Ok(absence)
}

/// Removes what bears the name of a VM that was just made, and is not it: a request that was sent
/// or delivered twice leaves a row that never ran.
pub(crate) async fn remove_twins(cloud: &CloudStack, name: &str, kept: &str) -> CloudResult<()> {
    for twin in vm::owned_by_name(cloud, name).await?.iter().filter(|twin| twin.id != kept) {
        tracing::warn!("VM {} ({}) is a twin of {kept}: it goes", twin.id, twin.state);
        remove(cloud, twin).await?;
    }
    Ok(())
}

/// Deletes the VM that the garbage collection has listed, if it is still what it was.
pub(crate) async fn delete_listed(cloud: &CloudStack, id: &str, name: &str) -> CloudResult<()> {
    match vm::owned_by_id(cloud, id, Claim::listed(id, name)).await? {
        Some(vm) => remove(cloud, &vm).await,
        None => Ok(()),
    }
}

async fn remove(cloud: &CloudStack, row: &Owned<VirtualMachine>) -> CloudResult<()> {
    if !vm::is_live(row) && !cloud.properties.expunge_vm {
        return Ok(());
    }
    vm::wait_for_deploy(cloud, row).await?;
    let disks = ephemeral_disks(&volume::of_vm(cloud, &row.id).await?);
    destroy(cloud, &row.into(), &disks, cloud.undo_deadline(Wait::DeleteVm)).await
}

/// Finishes a deletion that is half done. One that has not begun is left to whoever asked for
/// it: the VM is whole.
pub(crate) async fn ensure_finished(
    cloud: &CloudStack,
    vm: &str,
    ephemeral: &[String],
    resources: &[PublicResource],
) -> Result<Absence> {
    let tried = || format!("finishing the deletion of VM {vm}");
    finish(cloud, vm, ephemeral, resources).await.during(Activity::DeleteVm, tried)
}

async fn finish(
    cloud: &CloudStack,
    vm: &str,
    ephemeral: &[String],
    resources: &[PublicResource],
) -> CloudResult<Absence> {
    let until = cloud.undo_deadline(Wait::DeleteVm);
    let live = vm::owned_by_id(cloud, vm, Claim::journaled_id(vm)).await?;
    let live = live.filter(|row| vm::is_live(row));
    let mut left = Vec::new();
    for id in ephemeral {
        let disk = volume::owned_by_id(cloud, id, Claim::journaled_id(id)).await?;
        left.extend(disk.filter(|disk| volume::exists(disk)));
    }
    let on_it = |disk: &&Owned<Volume>| disk.virtualmachineid.as_deref() == Some(vm);
    if let Some(row) = &live {
        let attached: Vec<_> = left.iter().filter(on_it).map(Permit::from).collect();
        if attached.len() == ephemeral.len() {
            return Ok(Absence::MayAppear);
        }
        destroy(cloud, &row.into(), &attached, until).await?;
    }
    for disk in left.iter().filter(|disk| disk.virtualmachineid.is_none() || on_it(disk)) {
        volume::delete(cloud, &disk.into()).await?;
    }
    for resource in resources {
        public_resource::remove_unless_taken(cloud, resource, vm).await?;
    }
    Ok(Absence::Final)
}
