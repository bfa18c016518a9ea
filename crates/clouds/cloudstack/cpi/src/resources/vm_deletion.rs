//! Deleting a VM with everything that goes with it: ephemeral disks, public addresses that were
//! acquired for it, firewall rules that were made for it.

use super::{firewall_rule, public_ip, public_resource, vm, volume};
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::{PublicResource, PublicResourceKind};
use crate::lookup::features::{self, Feature};
use crate::naming::{is_edge, is_ephemeral};
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloud_http::Deadline;
use cloudstack::api::{DestroyVirtualMachine, VirtualMachine, Volume};
use cloudstack::phrases::{NO_EXPUNGE_PERMISSION, NOT_ITS_DATADISK};
use journal::Absence;

/// The ids of the disks that live and die with their VM, among those of a VM.
pub(crate) fn ephemeral_disks(volumes: &[Volume]) -> Vec<String> {
    let ephemeral = volumes.iter().filter(|v| v.kind != "ROOT" && is_ephemeral(&v.name));
    ephemeral.map(|volume| volume.id.clone()).collect()
}

/// The public resources that go with a VM. Only the names of some VMs say that there may be any,
/// so that others cost no call.
pub(crate) async fn public_resources(
    cloud: &CloudStack,
    vm: &str,
    volumes: &[Volume],
) -> CloudResult<Vec<PublicResource>> {
    let name = |volume: &Volume| {
        volume.other.get("vmname").and_then(|name| name.as_str()).is_some_and(is_edge)
    };
    if !volumes.iter().any(name) {
        return Ok(Vec::new());
    }
    let mut resources = Vec::new();
    for address in public_ip::of_vm(cloud, vm).await? {
        match public_ip::acquired_for(&address) {
            Some(_) => {
                resources
                    .push(PublicResource { kind: PublicResourceKind::PublicIp, id: address.id });
            }
            None => resources.extend(rules_of_vm(cloud, vm, &address.id).await?),
        }
    }
    Ok(resources)
}

/// The firewall rules that were made for a VM, of an address that is not ours to give back.
async fn rules_of_vm(
    cloud: &CloudStack,
    vm: &str,
    address: &str,
) -> CloudResult<Vec<PublicResource>> {
    let (vm, rules) =
        tokio::try_join!(vm::by_id(cloud, vm), firewall_rule::of_address(cloud, address))?;
    let Some(vm) = vm else { return Ok(Vec::new()) };
    let rules = firewall_rule::made_for(&vm, rules).into_iter();
    let resource = |id| PublicResource { kind: PublicResourceKind::FirewallRule, id };
    Ok(rules.map(|rule| resource(rule.id)).collect())
}

/// Destroys a VM, running, broken or half gone, with its ephemeral disks. CloudStack stops it
/// and detaches every other disk by itself.
pub(crate) async fn destroy(
    cloud: &CloudStack,
    vm: &str,
    ephemeral: &[String],
    until: Deadline,
) -> CloudResult<()> {
    if !cloud.properties.expunge_vm {
        return destroy_without_expunging(cloud, vm, ephemeral, until).await;
    }
    let at_once = ephemeral.is_empty() || features::has(cloud, Feature::DestroyWithVolumes).await?;
    let expunge = DestroyVirtualMachine {
        id: vm.to_owned(),
        expunge: Some(true),
        volumeids: if at_once { ephemeral.to_vec() } else { Vec::new() },
    };
    match cloud.run_job(&expunge, until).await {
        Ok(_) if at_once => Ok(()),
        Ok(_) => delete_volumes(cloud, ephemeral).await,
        Err(failure) if failure.is_gone() => delete_volumes(cloud, ephemeral).await,
        Err(failure) if failure.says(NO_EXPUNGE_PERMISSION) => {
            tracing::warn!(
                "this account cannot expunge VMs: VM {vm} keeps its addresses and its name until \
                 CloudStack's expunge.delay; ask an admin to set allow.user.expunge.recover.vm"
            );
            destroy_without_expunging(cloud, vm, ephemeral, until).await
        }
        Err(failure) if failure.says(NOT_ITS_DATADISK) => {
            let bare = DestroyVirtualMachine { volumeids: Vec::new(), ..expunge };
            cloud.run_job(&bare, until).await.ignore_not_found()?;
            delete_volumes(cloud, ephemeral).await
        }
        Err(failure) => Err(failure),
    }
}

/// The disks are deleted on their own then: destroyed with the VM they would wait for the cloud's
/// own cleaning, as the VM does.
async fn destroy_without_expunging(
    cloud: &CloudStack,
    vm: &str,
    ephemeral: &[String],
    until: Deadline,
) -> CloudResult<()> {
    let destroy = DestroyVirtualMachine { id: vm.to_owned(), ..DestroyVirtualMachine::default() };
    cloud.run_job(&destroy, until).await.ignore_not_found()?;
    delete_volumes(cloud, ephemeral).await
}

async fn delete_volumes(cloud: &CloudStack, ids: &[String]) -> CloudResult<()> {
    for id in ids {
        volume::delete(cloud, id).await?;
    }
    Ok(())
}

/// Makes sure that no VM of this name is left, whatever its deploy has come to.
pub(crate) async fn ensure_absent(cloud: &CloudStack, name: &str) -> Result<Absence> {
    let tried = || format!("removing VM {name}");
    let vms = vm::named(cloud, name).await.during(Activity::DeleteVm, tried)?;
    let absence = if vms.is_empty() { Absence::MayAppear } else { Absence::Final };
    for vm in &vms {
        remove(cloud, vm).await.during(Activity::DeleteVm, tried)?;
    }
    Ok(absence)
}

async fn remove(cloud: &CloudStack, row: &VirtualMachine) -> CloudResult<()> {
    if !vm::is_live(row) && !cloud.properties.expunge_vm {
        return Ok(());
    }
    vm::wait_for_deploy(cloud, row).await?;
    let ephemeral = ephemeral_disks(&volume::of_vm(cloud, &row.id).await?);
    destroy(cloud, &row.id, &ephemeral, cloud.undo_deadline(Wait::DeleteVm)).await
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
    let live = vm::by_id(cloud, vm).await?.filter(vm::is_live);
    let mut left = Vec::new();
    for id in ephemeral {
        left.extend(volume::by_id(cloud, id).await?.filter(volume::exists));
    }
    let on_it = |volume: &&Volume| volume.virtualmachineid.as_deref() == Some(vm);
    let attached: Vec<_> = left.iter().filter(on_it).map(|volume| volume.id.clone()).collect();
    if live.is_some() {
        if attached.len() == ephemeral.len() {
            return Ok(Absence::MayAppear);
        }
        destroy(cloud, vm, &attached, until).await?;
    }
    let free = left.iter().filter(|volume| volume.virtualmachineid.is_none() || on_it(volume));
    for volume in free {
        volume::delete(cloud, &volume.id).await?;
    }
    for resource in resources {
        public_resource::remove_unless_taken(cloud, resource, vm).await?;
    }
    Ok(Absence::Final)
}
