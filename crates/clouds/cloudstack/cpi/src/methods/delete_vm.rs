//! `delete_vm`: one job that stops and removes a VM with its ephemeral disks; persistent disks
//! stay.

use crate::api::change;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::lookup;
use crate::permit::Permit;
use crate::properties::Wait;
use crate::resources::public_resource::{self, PublicPermit};
use crate::resources::{vm, vm_deletion, volume};
use crate::session::CloudStack;
use bosh_cpi::Result;
use bosh_cpi::method::DeleteVm;
use cloudstack::api::Volume;
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: DeleteVm) -> Result<()> {
    let cid = call.vm_cid;
    let tried = || format!("deleting VM {cid}");
    let vm = vm::id_including_destroyed(cloud, &cid).await.during(Activity::DeleteVm, tried)?;
    let Some(vm) = vm else { return Ok(()) };
    let (disks, resources) = belongings(cloud, &vm).await.during(Activity::DeleteVm, tried)?;
    let permit = Permit::of_caller(&cid, &vm);
    cloud
        .operation("delete_vm", async |operation| {
            let until = cloud.deadline(Wait::DeleteVm);
            // One step for all that may have to follow: its intent names everything.
            let intent = Intent::VmDeletion {
                vm: vm.clone(),
                ephemeral: disks.iter().map(|disk| disk.id().to_owned()).collect(),
                public_resources: resources.iter().map(PublicPermit::resource).collect(),
            };
            let send = async || {
                vm_deletion::destroy(cloud, &permit, &disks, until).await?;
                public_resource::remove_all(cloud, &resources).await
            };
            // What is deleted twice is deleted.
            let probe = async || send().await.map(Some);
            let deleted = change(operation, intent, &send, probe).await;
            deleted.during(Activity::DeleteVm, tried)?;
            lookup::vm::forget(cloud, &vm);
            Ok(((), None))
        })
        .await
}

/// What goes with a VM: its ephemeral disks, and its public resources.
async fn belongings(
    cloud: &CloudStack,
    vm: &str,
) -> CloudResult<(Vec<Permit<Volume>>, Vec<PublicPermit>)> {
    let volumes = volume::of_vm(cloud, vm).await?;
    // A VM has a root disk: of one that has none somebody else has destroyed it, and its
    // ephemeral disks stay where it was.
    if volumes.is_empty() {
        let orphans = volume::orphans_of(cloud, vm).await?;
        return Ok((orphans.iter().map(Permit::from).collect(), Vec::new()));
    }
    let resources = vm_deletion::public_resources(cloud, vm, &volumes).await?;
    Ok((vm_deletion::ephemeral_disks(&volumes), resources))
}
