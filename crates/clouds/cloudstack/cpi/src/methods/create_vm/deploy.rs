//! The deploy call, and what became of it.

use super::request::DeployRequest;
use crate::api::step_outcome;
use crate::errors::{CloudResult, Failure};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::vm;
use crate::session::CloudStack;
use bosh_cpi::{CpiError, ErrorKind};
use cloud_http::Deadline;
use cloudstack::api::{Object, VirtualMachine};
use journal::Operation;

/// Deploys, and waits until the VM runs.
pub(super) async fn deploy(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    request: &DeployRequest,
) -> CloudResult<VirtualMachine> {
    let until = cloud.deadline(Wait::CreateVm);
    let name = request.name();
    let vm = operation
        .step(
            Intent::Vm { name: name.to_owned() },
            async || step_outcome(cloud.run_job(&request.call, until).await.map(|Object(vm)| vm)),
            async || find_deployed(cloud, name, until).await,
        )
        .await?;
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
    let Some(vm) = vm::named(cloud, name).await?.into_iter().next() else { return Ok(None) };
    if vm.state == "Running" {
        return Ok(Some(vm));
    }
    // A VM tells the job that works on it.
    match vm.other.get("jobid").and_then(|job| job.as_str()) {
        Some(job) => {
            let client = cloud.client()?;
            let deployed = client.wait(job, "deployVirtualMachine", until).await;
            let Object(vm) = deployed.map_err(Failure::Cloud)?;
            Ok(Some(vm))
        }
        None => Ok(None),
    }
}
