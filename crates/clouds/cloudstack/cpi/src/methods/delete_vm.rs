//! `delete_vm`: one job that stops and removes a VM with its ephemeral disks; persistent disks
//! stay.

use crate::api::step_outcome;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::{Intent, PublicResource};
use crate::lookup;
use crate::properties::Wait;
use crate::resources::{public_resource, vm, vm_deletion, volume};
use crate::session::CloudStack;
use bosh_cpi::Result;
use bosh_cpi::method::DeleteVm;
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: DeleteVm) -> Result<()> {
    let cid = call.vm_cid;
    let tried = || format!("deleting VM {cid}");
    let vm = vm::id_including_destroyed(cloud, &cid).await.during(Activity::DeleteVm, tried)?;
    let Some(vm) = vm else { return Ok(()) };
    let (ephemeral, resources) = belongings(cloud, &vm).await.during(Activity::DeleteVm, tried)?;
    cloud
        .operation("delete_vm", async |operation| {
            let until = cloud.deadline(Wait::DeleteVm);
            // One step for all that may have to follow: its intent names everything.
            let intent = Intent::VmDeletion {
                vm: vm.clone(),
                ephemeral: ephemeral.clone(),
                public_resources: resources.clone(),
            };
            let all = async || {
                vm_deletion::destroy(cloud, &vm, &ephemeral, until).await?;
                public_resource::remove_all(cloud, &resources).await
            };
            let deleted = operation.step(
                intent,
                async || step_outcome(all().await),
                // What is deleted twice is deleted.
                async || all().await.map(Some),
            );
            deleted.await.during(Activity::DeleteVm, tried)?;
            lookup::vm::forget(cloud, &vm);
            Ok(((), None))
        })
        .await
}

/// What goes with a VM: the ids of its ephemeral disks, and its public resources.
async fn belongings(
    cloud: &CloudStack,
    vm: &str,
) -> CloudResult<(Vec<String>, Vec<PublicResource>)> {
    let volumes = volume::of_vm(cloud, vm).await?;
    let resources = vm_deletion::public_resources(cloud, vm, &volumes).await?;
    Ok((vm_deletion::ephemeral_disks(&volumes), resources))
}
