//! VMs: how they are found, and whether they run.

use super::{OwnedResources, find_own, only, select};
use crate::errors::{Activity, CloudResult, Failure, ResultExt};
use crate::intent::Intent;
use crate::name_ref::is_id;
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result, VmCid};
use cloudstack::api::{ListVirtualMachines, StartVirtualMachine, VirtualMachine};
use cloudstack::{Error, JobLoss};
use cpi_kit::{Claim, Owned, OwnedResource, RUNNING_VM, ResourceRole};
use journal::Absence;

/// Whether a VM is more than a row that waits to be expunged.
pub(crate) fn is_live(vm: &VirtualMachine) -> bool {
    !matches!(vm.state.as_str(), "Destroyed" | "Expunging")
}

/// A VM; None if the id is unknown.
pub(crate) async fn by_id(cloud: &CloudStack, id: &str) -> CloudResult<Option<VirtualMachine>> {
    Ok(cloud.find(list_by_id(id), &Claim::journaled_id(id)).await?.map(Owned::into_row))
}

fn list_by_id(id: &str) -> ListVirtualMachines {
    ListVirtualMachines {
        id: Some(id.to_owned()),
        listall: Some(true),
        ..ListVirtualMachines::default()
    }
}

/// The VM of this id that is the account's own; None if the id is unknown.
pub(crate) async fn owned_by_id(
    cloud: &CloudStack,
    id: &str,
    claim: Claim<'_>,
) -> CloudResult<Option<Owned<VirtualMachine>>> {
    find_own(cloud, list_by_id(id), claim).await
}

/// The account's own VMs of exactly this host name, those that wait to be expunged among them.
pub(crate) async fn owned_by_name(
    cloud: &CloudStack,
    name: &str,
) -> CloudResult<Vec<Owned<VirtualMachine>>> {
    let of = ListVirtualMachines { name: Some(name.to_owned()), ..ListVirtualMachines::default() };
    let rows = cloud.list(of).await?;
    Ok(select(cloud, Claim::journaled_name(name), rows).await)
}

async fn named(cloud: &CloudStack, name: &str) -> CloudResult<Vec<VirtualMachine>> {
    Ok(owned_by_name(cloud, name).await?.into_iter().map(Owned::into_row).collect())
}

/// The live VM of a CID: an id, or a name that the Go CPI gave. None if it does not exist.
pub(crate) async fn find(cloud: &CloudStack, cid: &VmCid) -> CloudResult<Option<VirtualMachine>> {
    let cid = cid.as_str();
    if is_id(cid) {
        return Ok(by_id(cloud, cid).await?.filter(is_live));
    }
    let live = named(cloud, cid).await?.into_iter().filter(is_live);
    only("VM", cid, live.collect(), |vm| &vm.id)
}

/// The id of a CID's VM; None if a name stands for none. An id is taken as it is.
pub(crate) async fn id_of(cloud: &CloudStack, cid: &VmCid) -> CloudResult<Option<String>> {
    if is_id(cid.as_str()) {
        return Ok(Some(cid.as_str().to_owned()));
    }
    Ok(find(cloud, cid).await?.map(|vm| vm.id))
}

/// The same for a VM that shall go: one that waits to be expunged still holds its address.
pub(crate) async fn id_including_destroyed(
    cloud: &CloudStack,
    cid: &VmCid,
) -> CloudResult<Option<String>> {
    if is_id(cid.as_str()) {
        return Ok(Some(cid.as_str().to_owned()));
    }
    let (live, destroyed): (Vec<_>, Vec<_>) =
        named(cloud, cid.as_str()).await?.into_iter().partition(is_live);
    let named = if live.is_empty() { destroyed } else { live };
    Ok(only("VM", cid.as_str(), named, |vm| &vm.id)?.map(|vm| vm.id))
}

/// The job that works on a VM right now.
pub(crate) fn running_job(vm: &VirtualMachine) -> Option<&str> {
    let runs = vm.other.get("jobstatus").and_then(|status| status.as_i64()) == Some(0);
    vm.other.get("jobid").and_then(|job| job.as_str()).filter(|_| runs)
}

/// Waits during an undo until no job works on a VM any more, whatever comes of it. A VM that is
/// still being made cannot be destroyed.
pub(crate) async fn wait_for_deploy(cloud: &CloudStack, vm: &VirtualMachine) -> CloudResult<()> {
    let Some(job) = running_job(vm).filter(|_| vm.state != "Running") else { return Ok(()) };
    match cloud.job_outcome(job, "deployVirtualMachine", cloud.undo_wait()).await {
        Err(Failure::Cloud(error @ Error::JobLost { why: JobLoss::StillRunning, .. })) => {
            Err(Failure::Cloud(error))
        }
        _ => Ok(()),
    }
}

/// Makes sure that a VM that was stopped runs again. One that somebody has deleted meanwhile does
/// not.
pub(crate) async fn ensure_running(cloud: &CloudStack, vm: &str) -> Result<Absence> {
    let tried = || format!("starting VM {vm} again");
    let Some(row) = by_id(cloud, vm).await.during(Activity::Undo, tried)? else {
        return Ok(Absence::Final);
    };
    match row.state.as_str() {
        // A stop that was sent may still come.
        "Running" => Ok(Absence::MayAppear),
        "Stopped" => {
            let start = StartVirtualMachine { id: vm.to_owned() };
            let started = cloud.run_job(&start, cloud.undo_deadline(Wait::RebootVm)).await;
            started.during(Activity::Undo, tried)?;
            Ok(Absence::Final)
        }
        "Stopping" | "Starting" => Err(CpiError::cloud(format!("VM {vm} is {}", row.state))),
        _ => Ok(Absence::Final),
    }
}

/// The VMs that bear a name of ours.
pub(crate) async fn owned(cloud: &CloudStack) -> CloudResult<OwnedResources> {
    let vms = cloud.list(ListVirtualMachines::default()).await?.into_iter();
    let owned = vms.filter_map(|vm| {
        Some(OwnedResource {
            ours: Some(cloud.names.parse(&vm.name)?),
            kind: if vm.state == "Running" { RUNNING_VM } else { "VM" },
            purpose: ResourceRole::Cid { tagged: !vm.tags.is_empty(), persistent: false },
            used: None,
            target: Intent::Vm { name: vm.name.clone() },
            cid: vm.id,
            name: vm.name,
        })
    });
    Ok(owned.collect())
}
