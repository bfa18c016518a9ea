//! `reboot_vm`: asks a VM to reboot, and switches it off and on where it does not listen; starts
//! one that is off.

use crate::api::step_outcome;
use crate::cids::Machine;
use crate::errors::{Activity, CloudResult, Failure, ResultExt, cloud_error, vm_not_found};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::machine;
use crate::resources::machine_view::MachineView;
use crate::session::SoftLayer;
use bosh_cpi::Result;
use bosh_cpi::method::RebootVm;
use cloud_http::Deadline;
use cpi_kit::Provider;
use softlayer::api::{hardware, virtual_guest};

pub(crate) async fn run(cloud: &SoftLayer, call: RebootVm) -> Result<()> {
    let cid = call.vm_cid;
    let tried = format!("rebooting VM {cid}");
    let seen = machine::find(cloud, &cid).await.during(Activity::RebootVm, || &tried)?;
    let seen = seen.ok_or_else(|| vm_not_found(&cid))?;
    cloud
        .operation("reboot_vm", async |operation| {
            let until = cloud.deadline(Wait::RebootVm);
            let rebooted = operation.step(
                Intent::change("reboot", seen.machine),
                async || step_outcome(reboot(cloud, &seen, until).await),
                // A second reboot harms no one.
                async || reboot(cloud, &seen, until).await.map(Some),
            );
            rebooted.await.during(Activity::RebootVm, || &tried)?;
            let ready = machine::wait_until_ready(cloud, seen.machine, until).await;
            ready.during(Activity::RebootVm, || &tried)?;
            Ok(((), None))
        })
        .await
}

async fn reboot(cloud: &SoftLayer, seen: &MachineView, until: Deadline) -> CloudResult<()> {
    let off = seen.power.as_deref().is_some_and(|power| power != "RUNNING");
    if let (Machine::Guest(id), true) = (seen.machine, off) {
        return check_done(cloud.call(&virtual_guest::PowerOn { id }, until).await?);
    }
    let soft = match seen.machine {
        Machine::Guest(id) => cloud.call(&virtual_guest::RebootSoft { id }, until).await,
        Machine::Server(id) => cloud.call(&hardware::RebootSoft { id }, until).await,
    };
    match soft.and_then(check_done) {
        // It was asked, and may yet do it: only a refusal is a reason for more.
        Err(failure) if refused(&failure) => {
            tracing::info!("VM {} is rebooted the hard way: {failure}", seen.machine);
            check_done(match seen.machine {
                Machine::Guest(id) => cloud.call(&virtual_guest::RebootHard { id }, until).await?,
                Machine::Server(id) => cloud.call(&hardware::RebootHard { id }, until).await?,
            })
        }
        other => other,
    }
}

fn refused(failure: &Failure) -> bool {
    match failure {
        Failure::Cloud(error) => error.refusal().is_some() && !error.is_not_found(),
        Failure::Ready(_) => true,
        Failure::Journal(_) => false,
    }
}

/// SoftLayer may answer false instead of an error.
fn check_done(answer: bool) -> CloudResult<()> {
    match answer {
        true => Ok(()),
        false => Err(cloud_error("SoftLayer did not do it, and did not say why")),
    }
}
