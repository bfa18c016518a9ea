//! `delete_vm`: cancels a VM, with its ephemeral disk; persistent disks stay.

use crate::api::step_outcome;
use crate::errors::{Activity, ResultExt};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::{global_address, machine, machine_deletion};
use crate::session::SoftLayer;
use bosh_cpi::Result;
use bosh_cpi::method::DeleteVm;
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &SoftLayer, call: DeleteVm) -> Result<()> {
    let cid = call.vm_cid;
    let tried = format!("deleting VM {cid}");
    let found = machine::find_including_cancelled(cloud, &cid).await;
    let Some(seen) = found.during(Activity::DeleteVm, || &tried)? else {
        let until = cloud.deadline(Wait::DeleteVm);
        let unrouted = global_address::unroute_journaled(cloud, cid.as_str(), until).await;
        return unrouted.during(Activity::DeleteVm, || &tried);
    };
    cloud
        .operation("delete_vm", async |operation| {
            let until = cloud.deadline(Wait::DeleteVm);
            let deleted = operation.step(
                Intent::Deletion { vm: seen.machine.to_string() },
                async || step_outcome(machine_deletion::delete(cloud, &seen, until).await),
                // What is deleted twice is deleted.
                async || machine_deletion::delete(cloud, &seen, until).await.map(Some),
            );
            deleted.await.during(Activity::DeleteVm, || &tried)?;
            Ok(((), None))
        })
        .await
}
