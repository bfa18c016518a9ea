//! The deploy call, and what became of it.

use super::request::DeployRequest;
use crate::api::change;
use crate::errors::{CloudResult, Failure};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::{vm, vm_deletion};
use crate::session::CloudStack;
use bosh_cpi::{CpiError, ErrorKind};
use cloud_http::Deadline;
use cloudstack::api::{Object, VirtualMachine};
use cpi_kit::Owned;
use journal::Operation;

/// Deploys, and waits until the VM runs.
pub(super) async fn deploy(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    request: &DeployRequest,
) -> CloudResult<VirtualMachine> {
    let until = cloud.deadline(Wait::CreateVm);
    let name = request.name();
    let lost = cloud.lost_answers.get();
    let send = async || cloud.run_job(&request.call, until).await.map(|Object(vm)| vm);
    let probe = async || find_deployed(cloud, name, until).await;
    let vm = change(operation, Intent::Vm { name: name.to_owned() }, send, probe).await?;
    if cloud.lost_answers.get() > lost {
        vm_deletion::remove_twins(cloud, name, &vm.id).await?;
    }
    if vm.state == "Running" {
        return Ok(vm);
    }
    let message = format!("VM {name} is {} after its deploy, not Running", vm.state);
    Err(CpiError::new(ErrorKind::VmCreationFailed, message).retry(true).into())
}

/// The VM whose deploy's answer was lost, once it runs.
async fn find_deployed(
    cloud: &CloudStack,
    name: &str,
    until: Deadline,
) -> CloudResult<Option<VirtualMachine>> {
    let vms: Vec<_> =
        vm::owned_by_name(cloud, name).await?.into_iter().map(Owned::into_row).collect();
    if let Some(running) = vms.iter().find(|vm| vm.state == "Running") {
        return Ok(Some(running.clone()));
    }
    // A VM tells the job that works on it.
    match vms.iter().find_map(|vm| vm.other.get("jobid")?.as_str()) {
        Some(job) => {
            let client = cloud.client()?;
            let deployed = client.wait(job, "deployVirtualMachine", until).await;
            let Object(vm) = deployed.map_err(Failure::Cloud)?;
            Ok(Some(vm))
        }
        None => Ok(None),
    }
}
