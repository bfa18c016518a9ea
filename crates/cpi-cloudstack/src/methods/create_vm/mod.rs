//! `create_vm`: one job that makes a VM with its ephemeral disk, its addresses and its agent's
//! complete settings.

mod deploy;
mod find;
mod plan;
mod wishes;

use crate::CloudStack;
use crate::errors::{self, Doing, Failure};
use bosh_cpi::method::CreateVm;
use bosh_cpi::{CpiError, ErrorKind, Result, VmCid, VmCreated};
use find::Ids;
use plan::Plan;
use wishes::Wishes;

pub(crate) use wishes::LIGHT;

pub(crate) async fn run(cloud: &CloudStack, call: CreateVm) -> Result<VmCreated> {
    let wishes = Wishes::read(cloud, &call)?;
    let created = cloud.operation("create_vm", async |operation| {
        let ids = Ids::find(cloud, &wishes).await?;
        let plan = Plan::make(cloud, &call, &wishes, &ids, operation.id())?;
        let vm = match deploy::deploy(cloud, operation, &plan).await {
            Err(failure) => match find_again(cloud, &wishes, &ids, &failure).await? {
                Some(fresh) => {
                    let plan = Plan::make(cloud, &call, &wishes, &fresh, operation.id())?;
                    deploy::deploy(cloud, operation, &plan).await
                }
                None => Err(failure),
            },
            deployed => deployed,
        };
        let tried = format!("creating VM {}", plan.name());
        let vm = vm.map_err(|failure| errors::answer(Doing::CreateVm, tried, failure))?;
        let networks = deploy::networks(&plan, &vm)?;
        cloud.remember_zone_of(&vm.id, &vm.zoneid);
        let cid = VmCid::new(&vm.id).map_err(|e| CpiError::cloud(format!("{e}")))?;
        Ok((VmCreated { cid, networks }, Some(vm.id)))
    });
    created.await.map_err(as_creation_failure)
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
