//! `reboot_vm`: reboots a VM; starts one that is stopped.

use super::cids::no_vm;
use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::properties::Wait;
use crate::steps::{Intent, ended};
use bosh_cpi::Result;
use bosh_cpi::method::RebootVm;
use cloudstack::api::{RebootVirtualMachine, StartVirtualMachine};
use cloudstack::phrases::{ALREADY_RUNNING, NOT_RUNNING};
use cpi_kit::Provider;
use journal::Operation;

pub(crate) async fn run(cloud: &CloudStack, call: RebootVm) -> Result<()> {
    let cid = call.vm_cid;
    let failed =
        |failure| errors::answer(Activity::RebootVm, format!("rebooting VM {cid}"), failure);
    let id = cloud.vm_id(&cid).await.map_err(failed)?.ok_or_else(|| no_vm(&cid))?;
    cloud
        .operation("reboot_vm", async |operation| {
            let done = match reboot(cloud, operation, &id).await {
                Err(failure) if failure.says(NOT_RUNNING) => start(cloud, operation, &id).await,
                other => other,
            };
            done.map_err(failed).map(|()| ((), None))
        })
        .await
}

async fn reboot(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    id: &str,
) -> std::result::Result<(), Failure> {
    let reboot = RebootVirtualMachine { id: id.to_owned() };
    let until = cloud.deadline(Wait::RebootVm);
    operation
        .step(
            Intent::change("reboot", id),
            async || ended(cloud.run(&reboot, until).await.map(drop)),
            // A second reboot harms no one.
            async || cloud.run(&reboot, until).await.map(|_| Some(())),
        )
        .await
}

async fn start(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    id: &str,
) -> std::result::Result<(), Failure> {
    let start = StartVirtualMachine { id: id.to_owned() };
    let until = cloud.deadline(Wait::RebootVm);
    let started = operation
        .step(
            Intent::change("start", id),
            async || ended(cloud.run(&start, until).await.map(drop)),
            async || {
                let vm = cloud.vm_by_id(id).await?;
                Ok(vm.filter(|vm| vm.state == "Running").map(drop))
            },
        )
        .await;
    match started {
        Err(failure) if failure.says(ALREADY_RUNNING) => Ok(()),
        other => other,
    }
}
