//! `create_vm`: one job that makes a VM with its ephemeral disk, its addresses and its agent's
//! complete settings.
//!
//! The data flows one way: `spec` reads the arguments, `resolve` asks the cloud what their names
//! stand for, `request` makes of both the one call, `deploy` sends it and completes the NICs, and
//! the rest is done to the VM that runs.

mod affinity;
mod boot;
mod created;
mod deploy;
mod details;
mod disks;
mod load_balancer;
mod load_balancer_rules;
mod placement;
mod public_addresses;
mod request;
mod resolve;
mod routes;
mod secondary_ips;
mod security_groups;
mod spec;
mod ssh_key;
mod user_data;
mod vip;

use crate::api;
use crate::errors::{Activity, CloudResult, Failure};
use crate::intent::Intent;
use crate::lookup;
use crate::resources::vm_deletion;
use crate::session::CloudStack;
use bosh_cpi::method::CreateVm;
use bosh_cpi::{CpiError, ErrorKind, Networks, Result, VmCid, VmCreated};
use cloudstack::api::VirtualMachine;
use cpi_kit::Provider;
use created::CreatedVm;
use journal::Operation;
use request::DeployRequest;
use resolve::ResolvedVm;
use spec::VmSpec;
use std::time::Duration;

/// How often a VM is deployed at most: what the cloud says to be missing is made, one thing at
/// a time, and may be gone again when another call has undone it.
const MAX_DEPLOYS: usize = 8;

/// Half the wait before a VM is deployed again since the cloud was busy.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

pub(crate) async fn run(cloud: &CloudStack, call: CreateVm) -> Result<VmCreated> {
    let spec = VmSpec::read(&cloud.properties, &cloud.names, &call)?;
    let created = cloud.operation("create_vm", async |operation| {
        // On the heap: the stack of a thread is too small for all that follows.
        let (resolved, request, vm) =
            Box::pin(deploy_until_accepted(cloud, operation, &call, &spec)).await?;
        lookup::vm::disk_bus(&vm)
            .map_err(|why| CpiError::cloud(format!("{}: {why}", spec.path)))?;
        let created = CreatedVm::new(&spec, &resolved, &vm)?;
        let mut networks = created.complete(request.networks.clone());
        let exposed = Box::pin(expose(cloud, operation, &created, &mut networks)).await;
        exposed.map_err(|failure| refused(&spec, &request, failure))?;
        lookup::vm::remember(cloud, &vm);
        lookup::account::learn(cloud, &vm);
        let cid = VmCid::new(&vm.id).map_err(|e| CpiError::cloud(format!("{e}")))?;
        Ok((VmCreated { cid, networks }, Some(vm.id)))
    });
    created.await.map_err(as_creation_failure)
}

/// Deploys; again, as long as there is something to mend.
async fn deploy_until_accepted<'s>(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    call: &CreateVm,
    spec: &'s VmSpec,
) -> Result<(ResolvedVm<'s>, DeployRequest, VirtualMachine)> {
    let mut resolved = Box::pin(ResolvedVm::resolve(cloud, call, spec, operation.id())).await?;
    let mut request = DeployRequest::build(cloud, call, spec, &resolved, operation.id())?;
    user_data::check(cloud, &resolved, &request).await?;
    let bootable = boot::check(cloud, &spec.boot).await;
    bootable.map_err(|failure| refused(spec, &request, failure))?;
    Box::pin(security_groups::ensure(cloud, operation, &spec.security_groups, &resolved.zone))
        .await?;
    let mut deploys = 1;
    loop {
        let failure = match Box::pin(deploy::deploy(cloud, operation, &request)).await {
            Ok(vm) => return Ok((resolved, request, vm)),
            Err(failure) => failure,
        };
        let mended = deploys < MAX_DEPLOYS
            && (Box::pin(clear_for_another_try(cloud, &request, deploys, &failure)).await?
                || Box::pin(make_missing(cloud, operation, spec, &resolved, &failure)).await?
                || Box::pin(resolved.refresh(cloud, call, spec, operation.id(), &failure)).await?);
        if !mended {
            return Err(refused(spec, &request, failure));
        }
        request = DeployRequest::build(cloud, call, spec, &resolved, operation.id())?;
        deploys += 1;
    }
}

/// Removes what a deploy has left whose job failed for something that will pass, and waits a
/// little; false if it did not.
async fn clear_for_another_try(
    cloud: &CloudStack,
    request: &DeployRequest,
    deploys: usize,
    failure: &Failure,
) -> Result<bool> {
    if !api::is_busy(failure) {
        return Ok(false);
    }
    tracing::info!("{failure}; deploying again");
    vm_deletion::ensure_absent(cloud, request.name()).await?;
    tokio::time::sleep(FIRST_PAUSE * (1 << deploys.min(5))).await;
    Ok(true)
}

/// Makes what a deploy was refused for, where that is for us to make; true if it was.
async fn make_missing(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    spec: &VmSpec,
    resolved: &ResolvedVm<'_>,
    failure: &Failure,
) -> Result<bool> {
    let groups = &spec.security_groups;
    Ok(affinity::make_missing(cloud, operation, &spec.affinity, failure).await?
        || security_groups::make_missing(cloud, operation, groups, &resolved.zone, failure).await?
        || ssh_key::make_missing(cloud, operation, spec.key_pair.as_ref(), failure).await?)
}

/// Makes the VM reachable from outside; `networks` are completed with acquired addresses.
async fn expose(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    created: &CreatedVm<'_>,
    networks: &mut Networks,
) -> CloudResult<()> {
    secondary_ips::assign(cloud, operation, created).await?;
    vip::attach_all(cloud, operation, created, networks).await?;
    load_balancer::join_all(cloud, operation, created).await
}

/// Names the addresses that were asked for: one that is taken is why most deploys fail.
fn refused(spec: &VmSpec, request: &DeployRequest, failure: Failure) -> CpiError {
    let addresses: Vec<_> = spec.nics.iter().flat_map(|nic| nic.addresses()).collect();
    let name = request.name();
    let tried = match addresses.as_slice() {
        [] => format!("creating VM {name}"),
        addresses => format!("creating VM {name} with {}", addresses.join(", ")),
    };
    failure.into_cpi(Activity::CreateVm, tried)
}

/// Whatever the cloud says, the director wants to hear that there is no VM.
fn as_creation_failure(error: CpiError) -> CpiError {
    match error.kind {
        ErrorKind::CloudError | ErrorKind::NoDiskSpace => {
            CpiError { kind: ErrorKind::VmCreationFailed, ..error }
        }
        _ => error,
    }
}
