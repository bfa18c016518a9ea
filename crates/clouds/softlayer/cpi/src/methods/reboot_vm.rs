//! `reboot_vm`: asks a VM to reboot, and switches it off and on where it does not listen; starts
//! one that is off.

use crate::SoftLayer;
use crate::cids::{Machine, no_vm};
use crate::connect::Answer;
use crate::errors::{self, Activity, Failure};
use crate::machine::Seen;
use crate::properties::Wait;
use crate::steps::{Intent, ended};
use bosh_cpi::method::RebootVm;
use bosh_cpi::{CpiError, Result};
use cloud_http::Deadline;
use cpi_kit::Provider;
use softlayer::api::{hardware, virtual_guest};

pub(crate) async fn run(cloud: &SoftLayer, call: RebootVm) -> Result<()> {
    let cid = call.vm_cid;
    let failed =
        |failure| errors::answer(Activity::RebootVm, format!("rebooting VM {cid}"), failure);
    let seen = cloud.machine(&cid).await.map_err(failed)?.ok_or_else(|| no_vm(&cid))?;
    cloud
        .operation("reboot_vm", async |operation| {
            let until = cloud.deadline(Wait::RebootVm);
            let rebooted = operation.step(
                Intent::change("reboot", seen.machine),
                async || ended(reboot(cloud, &seen, until).await),
                // A second reboot harms no one.
                async || reboot(cloud, &seen, until).await.map(Some),
            );
            rebooted.await.map_err(failed)?;
            cloud.wait_until_ready(seen.machine, until).await.map_err(failed)?;
            Ok(((), None))
        })
        .await
}

async fn reboot(cloud: &SoftLayer, seen: &Seen, until: Deadline) -> Answer<()> {
    let off = seen.power.as_deref().is_some_and(|power| power != "RUNNING");
    if let (Machine::Guest(id), true) = (seen.machine, off) {
        return done(cloud.call(&virtual_guest::PowerOn { id }, until).await?);
    }
    let soft = match seen.machine {
        Machine::Guest(id) => cloud.call(&virtual_guest::RebootSoft { id }, until).await,
        Machine::Server(id) => cloud.call(&hardware::RebootSoft { id }, until).await,
    };
    match soft.and_then(done) {
        // It was asked, and may yet do it: only a refusal is a reason for more.
        Err(failure) if refused(&failure) => {
            tracing::info!("VM {} is rebooted the hard way: {failure}", seen.machine);
            done(match seen.machine {
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
fn done(answer: bool) -> Answer<()> {
    match answer {
        true => Ok(()),
        false => Err(CpiError::cloud("SoftLayer says that it did not do it").into()),
    }
}
