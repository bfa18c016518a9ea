//! `delete_vm`: one job that stops and removes a VM with its ephemeral disks; persistent disks
//! stay. And the two undos that remove VMs.

use super::cids::is_alive;
use super::create_vm;
use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::naming::{is_edge, is_ephemeral};
use crate::outside::{Outside, OutsideThing, acquired_for};
use crate::properties::Wait;
use crate::steps::{Intent, ended, gone_is_fine, is_there};
use crate::version::DISKS_GO_WITH_VM;
use bosh_cpi::Result;
use bosh_cpi::method::DeleteVm;
use cloud_http::Deadline;
use cloudstack::api::{
    DeleteVolume, DeployVirtualMachine, DestroyVirtualMachine, ListFirewallRules,
    ListPublicIpAddresses, ListVirtualMachines, VirtualMachine, Volume,
};
use cloudstack::phrases::{NO_EXPUNGE_PERMISSION, NOT_ITS_DATADISK};
use cloudstack::{Command, Error, JobLoss};
use cpi_kit::Provider;
use journal::Absence;

type Answer<T> = std::result::Result<T, Failure>;

pub(crate) async fn run(cloud: &CloudStack, call: DeleteVm) -> Result<()> {
    let cid = call.vm_cid;
    let failed =
        |failure| errors::answer(Activity::DeleteVm, format!("deleting VM {cid}"), failure);
    let Some(vm) = cloud.vm_id_ever(&cid).await.map_err(failed)? else { return Ok(()) };
    let volumes = cloud.volumes_of(&vm).await.map_err(failed)?;
    let ephemeral = ephemeral_among(&volumes);
    let outside = outside_of(cloud, &vm, &volumes).await.map_err(failed)?;
    cloud
        .operation("delete_vm", async |operation| {
            let until = cloud.deadline(Wait::DeleteVm);
            // One step for all that may have to follow: its target names everything.
            let target = Intent::Deletion {
                vm: vm.clone(),
                ephemeral: ephemeral.clone(),
                outside: outside.clone(),
            };
            let all = async || {
                destroy(cloud, &vm, &ephemeral, until).await?;
                cloud.remove_all_outside(&outside).await
            };
            let destroyed = operation.step(
                target,
                async || ended(all().await),
                // What is deleted twice is deleted.
                async || all().await.map(Some),
            );
            destroyed.await.map_err(failed)?;
            cloud.forget_vm(&vm);
            Ok(((), None))
        })
        .await
}

/// Makes sure that no VM of this name is left, whatever its deploy has come to.
pub(crate) async fn undo_creation(cloud: &CloudStack, name: &str) -> Result<Absence> {
    let failed =
        |failure| errors::answer(Activity::DeleteVm, format!("removing VM {name}"), failure);
    let of = ListVirtualMachines { name: Some(name.to_owned()), ..ListVirtualMachines::default() };
    let vms = cloud.list(of).await.map_err(failed)?;
    let mut was = Absence::MayAppear;
    for vm in vms.iter().filter(|vm| vm.name == name) {
        was = Absence::Final;
        remove(cloud, vm).await.map_err(failed)?;
    }
    Ok(was)
}

async fn remove(cloud: &CloudStack, vm: &VirtualMachine) -> Answer<()> {
    if !is_alive(vm) && !cloud.properties.expunge_vm {
        return Ok(());
    }
    wait_for_deploy(cloud, vm).await?;
    let ephemeral = ephemeral_of(cloud, &vm.id).await?;
    destroy(cloud, &vm.id, &ephemeral, cloud.undo_deadline(Wait::DeleteVm)).await
}

/// A VM that is still being made cannot be destroyed yet. It tells the job that works on it.
async fn wait_for_deploy(cloud: &CloudStack, vm: &VirtualMachine) -> Answer<()> {
    let runs = vm.other.get("jobstatus").and_then(|status| status.as_i64()) == Some(0);
    let job = vm.other.get("jobid").and_then(|job| job.as_str());
    let Some(job) = job.filter(|_| runs && vm.state != "Running") else { return Ok(()) };
    match cloud.came_of(job, DeployVirtualMachine::NAME, cloud.soon()).await {
        Err(Failure::Cloud(error @ Error::JobLost { why: JobLoss::StillRunning, .. })) => {
            Err(Failure::Cloud(error))
        }
        // Whatever came of it, it works no more.
        _ => Ok(()),
    }
}

/// Finishes a deletion that is half done. One that has not begun is left to whoever asked for
/// it: the VM is whole.
pub(crate) async fn finish_deletion(
    cloud: &CloudStack,
    vm: &str,
    ephemeral: &[String],
    outside: &[OutsideThing],
) -> Result<Absence> {
    let tried = format!("finishing the deletion of VM {vm}");
    try_finish(cloud, vm, ephemeral, outside)
        .await
        .map_err(|failure| errors::answer(Activity::DeleteVm, tried, failure))
}

async fn try_finish(
    cloud: &CloudStack,
    vm: &str,
    ephemeral: &[String],
    outside: &[OutsideThing],
) -> Answer<Absence> {
    let until = cloud.undo_deadline(Wait::DeleteVm);
    let machine = cloud.vm_by_id(vm).await?.filter(is_alive);
    let mut left = Vec::new();
    for id in ephemeral {
        left.extend(cloud.volume_by_id(id).await?.filter(is_there));
    }
    let on_it = |volume: &&Volume| volume.virtualmachineid.as_deref() == Some(vm);
    let attached: Vec<_> = left.iter().filter(on_it).map(|volume| volume.id.clone()).collect();
    if machine.is_some() {
        if attached.len() == ephemeral.len() {
            return Ok(Absence::MayAppear);
        }
        destroy(cloud, vm, &attached, until).await?;
    }
    let free = left.iter().filter(|volume| volume.virtualmachineid.is_none() || on_it(volume));
    for volume in free {
        delete_volume(cloud, &volume.id).await?;
    }
    for thing in outside {
        cloud.remove_left(thing, vm).await?;
    }
    Ok(Absence::Final)
}

/// What is outside of a VM and goes with it. Only the names of some VMs say that there may be
/// something, so that others cost no call.
async fn outside_of(cloud: &CloudStack, vm: &str, volumes: &[Volume]) -> Answer<Vec<OutsideThing>> {
    let name = |volume: &Volume| {
        volume.other.get("vmname").and_then(|name| name.as_str()).is_some_and(is_edge)
    };
    if !volumes.iter().any(name) {
        return Ok(Vec::new());
    }
    let of = ListPublicIpAddresses {
        isstaticnat: Some(true),
        listall: Some(true),
        ..ListPublicIpAddresses::default()
    };
    let mut outside = Vec::new();
    for address in cloud.list(of).await? {
        if address.virtualmachineid.as_deref() != Some(vm) {
            continue;
        }
        match acquired_for(&address) {
            Some(_) => outside.push(OutsideThing { what: Outside::Address, id: address.id }),
            None => outside.extend(rules_of(cloud, vm, &address.id).await?),
        }
    }
    Ok(outside)
}

/// The firewall rules that were made for a VM, of an address that is not ours to give back.
async fn rules_of(cloud: &CloudStack, vm: &str, address: &str) -> Answer<Vec<OutsideThing>> {
    let of = ListFirewallRules {
        ipaddressid: Some(address.to_owned()),
        listall: Some(true),
        ..ListFirewallRules::default()
    };
    let (vm, rules) = tokio::try_join!(cloud.vm_by_id(vm), cloud.list(of))?;
    let Some(vm) = vm else { return Ok(Vec::new()) };
    let rules = create_vm::rules_that_go(&vm, rules).into_iter();
    Ok(rules.map(|rule| OutsideThing { what: Outside::FirewallRule, id: rule.id }).collect())
}

async fn ephemeral_of(cloud: &CloudStack, vm: &str) -> Answer<Vec<String>> {
    Ok(ephemeral_among(&cloud.volumes_of(vm).await?))
}

fn ephemeral_among(volumes: &[Volume]) -> Vec<String> {
    let ephemeral = volumes.iter().filter(|v| v.kind != "ROOT" && is_ephemeral(&v.name));
    ephemeral.map(|volume| volume.id.clone()).collect()
}

/// Destroys a VM, running, broken or half gone, with its ephemeral disks. CloudStack stops it
/// and detaches every other disk by itself.
async fn destroy(
    cloud: &CloudStack,
    vm: &str,
    ephemeral: &[String],
    until: Deadline,
) -> Answer<()> {
    if !cloud.properties.expunge_vm {
        return destroy_only(cloud, vm, ephemeral, until).await;
    }
    let at_once = ephemeral.is_empty() || cloud.has(DISKS_GO_WITH_VM).await?;
    let expunge = DestroyVirtualMachine {
        id: vm.to_owned(),
        expunge: Some(true),
        volumeids: if at_once { ephemeral.to_vec() } else { Vec::new() },
    };
    match cloud.run(&expunge, until).await {
        Ok(_) if at_once => Ok(()),
        Ok(_) => delete_volumes(cloud, ephemeral).await,
        Err(failure) if failure.is_gone() => delete_volumes(cloud, ephemeral).await,
        Err(failure) if failure.says(NO_EXPUNGE_PERMISSION) => {
            tracing::warn!(
                "this account may not expunge: VM {vm} keeps its addresses and its name until \
                 the cloud expunges it (expunge.delay); allow.user.expunge.recover.vm would let \
                 the account"
            );
            destroy_only(cloud, vm, ephemeral, until).await
        }
        Err(failure) if failure.says(NOT_ITS_DATADISK) => {
            let bare = DestroyVirtualMachine { volumeids: Vec::new(), ..expunge };
            gone_is_fine(cloud.run(&bare, until).await.map(drop))?;
            delete_volumes(cloud, ephemeral).await
        }
        Err(failure) => Err(failure),
    }
}

/// Destroys without expunging. The disks are deleted on their own then: destroyed with the VM
/// they would wait for the cloud's own cleaning, as the VM does.
async fn destroy_only(
    cloud: &CloudStack,
    vm: &str,
    ephemeral: &[String],
    until: Deadline,
) -> Answer<()> {
    let destroy = DestroyVirtualMachine { id: vm.to_owned(), ..DestroyVirtualMachine::default() };
    gone_is_fine(cloud.run(&destroy, until).await.map(drop))?;
    delete_volumes(cloud, ephemeral).await
}

async fn delete_volumes(cloud: &CloudStack, ids: &[String]) -> Answer<()> {
    for id in ids {
        delete_volume(cloud, id).await?;
    }
    Ok(())
}

async fn delete_volume(cloud: &CloudStack, id: &str) -> Answer<()> {
    let delete = DeleteVolume { id: id.to_owned() };
    let until = cloud.deadline(Wait::DeleteVolume);
    gone_is_fine(cloud.call(&delete, until).await.map(drop))
}
