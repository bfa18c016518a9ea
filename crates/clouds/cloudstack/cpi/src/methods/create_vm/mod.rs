//! `create_vm`: one job that makes a VM with its ephemeral disk, its addresses and its agent's
//! complete settings.

mod affinity;
mod balancer;
mod deploy;
mod find;
mod guard;
mod keys;
mod more_addresses;
mod near;
mod nics;
mod pinned;
mod plan;
mod routes;
mod size;
mod user_data;
mod vip;
mod wishes;

use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::steps::Intent;
use bosh_cpi::method::CreateVm;
use bosh_cpi::{CpiError, ErrorKind, Networks, Result, VmCid, VmCreated};
use cloudstack::api::VirtualMachine;
use cpi_kit::Provider;
use find::Ids;
use journal::Operation;
use plan::Plan;
use wishes::Wishes;

pub(crate) use routes::range;
pub(crate) use size::no_local_storage;
pub(crate) use user_data::mismatch;
pub(crate) use vip::rules_that_go;
pub(crate) use wishes::LIGHT;

/// How often a VM is deployed at most: what the cloud says to be missing is made, one thing at
/// a time, and may be gone again when another call has undone it.
const TRIES: usize = 8;

pub(crate) async fn run(cloud: &CloudStack, call: CreateVm) -> Result<VmCreated> {
    let wishes = Wishes::read(cloud, &call).await?;
    let created = cloud.operation("create_vm", async |operation| {
        // On the heap: the stack of a thread is too small for all that follows.
        let (ids, plan, vm) = Box::pin(deploy(cloud, operation, &call, &wishes)).await?;
        let mut networks = deploy::networks(&plan, &vm)?;
        let made = Made { wishes: &wishes, ids: &ids, vm: &vm };
        let reached = Box::pin(made.reach(cloud, operation, &mut networks)).await;
        reached.map_err(|failure| refused(&wishes, &plan, failure))?;
        cloud.remember_vm(&vm);
        let cid = VmCid::new(&vm.id).map_err(|e| CpiError::cloud(format!("{e}")))?;
        Ok((VmCreated { cid, networks }, Some(vm.id)))
    });
    created.await.map_err(as_creation_failure)
}

/// Deploys; again, as long as there is something to mend.
async fn deploy(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    call: &CreateVm,
    wishes: &Wishes,
) -> Result<(Ids, Plan, VirtualMachine)> {
    let mut ids = Box::pin(Ids::find(cloud, wishes)).await?;
    let plan = Plan::make(cloud, call, wishes, &ids, operation.id())?;
    user_data::check(cloud, wishes, &ids, &plan).await?;
    let bootable = size::check_boot(cloud, &wishes.vm, &wishes.path).await;
    bootable.map_err(|failure| refused(wishes, &plan, failure))?;
    Box::pin(guard::make(cloud, operation, &wishes.guard, &ids.zone)).await?;
    for _ in 1..TRIES {
        let plan = Plan::make(cloud, call, wishes, &ids, operation.id())?;
        let failure = match Box::pin(deploy::deploy(cloud, operation, &plan)).await {
            Ok(vm) => return Ok((ids, plan, vm)),
            Err(failure) => failure,
        };
        if Box::pin(make_missing(cloud, operation, wishes, &ids, &failure)).await? {
            continue;
        }
        match Box::pin(find_again(cloud, wishes, &ids, &failure)).await? {
            Some(fresh) => ids = fresh,
            None => return Err(refused(wishes, &plan, failure)),
        }
    }
    let plan = Plan::make(cloud, call, wishes, &ids, operation.id())?;
    match Box::pin(deploy::deploy(cloud, operation, &plan)).await {
        Ok(vm) => Ok((ids, plan, vm)),
        Err(failure) => Err(refused(wishes, &plan, failure)),
    }
}

/// Names the addresses that were asked for: one that is taken is why most deploys fail.
fn refused(wishes: &Wishes, plan: &Plan, failure: Failure) -> CpiError {
    let addresses: Vec<_> = wishes.nics.iter().flat_map(|nic| nic.addresses()).collect();
    let name = plan.name();
    let tried = match addresses.as_slice() {
        [] => format!("creating VM {name}"),
        addresses => format!("creating VM {name} with {}", addresses.join(", ")),
    };
    errors::answer(Activity::CreateVm, tried, failure)
}

/// A VM that runs, and what it was made of.
struct Made<'a> {
    wishes: &'a Wishes,
    ids: &'a Ids,
    vm: &'a VirtualMachine,
}

impl Made<'_> {
    /// Makes it reachable from outside; `networks` are completed with acquired addresses.
    async fn reach(
        &self,
        cloud: &CloudStack,
        operation: &mut Operation<'_, Intent>,
        networks: &mut Networks,
    ) -> std::result::Result<(), Failure> {
        more_addresses::give(cloud, operation, self).await?;
        vip::give(cloud, operation, self, networks).await?;
        balancer::join(cloud, operation, self).await
    }
}

/// Makes what a deploy was refused for, where that is for us to make; true if it was.
async fn make_missing(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    wishes: &Wishes,
    ids: &Ids,
    failure: &Failure,
) -> Result<bool> {
    Ok(affinity::make_missing(cloud, operation, &wishes.affinity, failure).await?
        || guard::make_missing(cloud, operation, &wishes.guard, &ids.zone, failure).await?
        || keys::make_missing(cloud, operation, wishes.key.as_ref(), failure).await?)
}

/// Looks up afresh what was remembered, if it may have been the reason of a refusal; None if
/// it was not.
async fn find_again(
    cloud: &CloudStack,
    wishes: &Wishes,
    ids: &Ids,
    failure: &Failure,
) -> Result<Option<Ids>> {
    let remembered = ids.remembered();
    if remembered.is_empty() || !failure.has_code(431) {
        return Ok(None);
    }
    tracing::info!("the cloud refuses what was remembered: looking it up afresh");
    cloud.cache.forget(&remembered);
    let fresh = Ids::find(cloud, wishes).await?;
    Ok((!fresh.is_same(ids)).then_some(fresh))
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
