//! `reboot_vm`: reboots a VM; starts one that is stopped.

use crate::api::change;
use crate::errors::{Activity, CloudResult, ResultExt, vm_not_found};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::vm;
use crate::session::CloudStack;
use bosh_cpi::Result;
use bosh_cpi::method::RebootVm;
use cloudstack::api::{RebootVirtualMachine, StartVirtualMachine};
use cloudstack::phrases::{ALREADY_RUNNING, NOT_RUNNING};
use cpi_kit::Provider;
use journal::Operation;

pub(crate) async fn run(cloud: &CloudStack, call: RebootVm) -> Result<()> {
    let cid = call.vm_cid;
    let tried = || format!("rebooting VM {cid}");
    let id = vm::id_of(cloud, &cid).await.during(Activity::RebootVm, tried)?;
    let id = id.ok_or_else(|| vm_not_found(&cid))?;
    cloud
        .operation("reboot_vm", async |operation| {
            let rebooted = match reboot(cloud, operation, &id).await {
                Err(failure) if failure.says(NOT_RUNNING) => {
                    // One that waits to be expunged cannot be started.
                    let row = vm::by_id(cloud, &id).await.during(Activity::RebootVm, tried)?;
                    if !row.is_some_and(|row| vm::is_live(&row)) {
                        return Err(vm_not_found(&cid));
                    }
                    start(cloud, operation, &id).await
                }
                other => other,
            };
            rebooted.during(Activity::RebootVm, tried)?;
            Ok(((), None))
        })
        .await
}

async fn reboot(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    id: &str,
) -> CloudResult<()> {
    let reboot = RebootVirtualMachine { id: id.to_owned() };
    let until = cloud.deadline(Wait::RebootVm);
    let send = async || cloud.run_job(&reboot, until).await.map(drop);
    // A second reboot harms no one.
    let probe = async || send().await.map(Some);
    change(operation, Intent::change("reboot", id), &send, probe).await
}

async fn start(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    id: &str,
) -> CloudResult<()> {
    let start = StartVirtualMachine { id: id.to_owned() };
    let until = cloud.deadline(Wait::RebootVm);
    let send = async || match cloud.run_job(&start, until).await.map(drop) {
        Err(failure) if failure.says(ALREADY_RUNNING) => Ok(()),
        started => started,
    };
    let probe = async || {
        let vm = vm::by_id(cloud, id).await?;
        Ok(vm.filter(|vm| vm.state == "Running").map(drop))
    };
    change(operation, Intent::change("start", id), send, probe).await
}
