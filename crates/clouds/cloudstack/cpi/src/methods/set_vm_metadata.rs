//! `set_vm_metadata`: tags a VM, and names it as its instance is named.

use crate::api::change;
use crate::errors::{Activity, ResultExt, vm_not_found};
use crate::intent::Intent;
use crate::permit::Permit;
use crate::properties::Wait;
use crate::resources::tags::{Tagged, add, write};
use crate::resources::{vm, vm_deletion, volume};
use crate::session::CloudStack;
use crate::tags;
use bosh_cpi::Result;
use bosh_cpi::method::SetVmMetadata;
use cloudstack::api::{TagPair, TaggedType, UpdateVirtualMachine, VirtualMachine};
use cpi_kit::Provider;
use journal::Operation;

pub(crate) async fn run(cloud: &CloudStack, call: SetVmMetadata) -> Result<()> {
    let cid = call.vm_cid;
    let vm = vm::find(cloud, &cid).await;
    let vm = vm.during(Activity::SetVmMetadata, || format!("tagging VM {cid}"))?;
    let vm = vm.ok_or_else(|| vm_not_found(&cid))?;
    let difference = tags::difference(&vm.tags, tags::from_metadata(&call.metadata));
    let name = tags::display_name(&call.metadata).filter(|name| *name != vm.displayname);
    cloud
        .operation("set_vm_metadata", async |operation| {
            let permit = Permit::<VirtualMachine>::of_caller(&cid, &vm.id);
            let tagged = Tagged { kind: TaggedType::UserVm, permit };
            write(cloud, operation, &tagged, difference).await;
            // The first tags of a VM: its ephemeral disks get theirs, too.
            if vm.tags.is_empty() {
                mark_ephemeral_disks(cloud, operation, &vm).await;
            }
            if let Some(name) = name {
                rename(cloud, operation, &vm, name).await;
            }
            Ok(((), None))
        })
        .await
}

/// Marks the ephemeral disks of a VM as its own, for the time when it is gone.
async fn mark_ephemeral_disks(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    vm: &VirtualMachine,
) {
    let volumes = match volume::of_vm(cloud, &vm.id).await {
        Ok(volumes) => volumes,
        Err(failure) => {
            tracing::warn!("the disks of VM {} are not marked: {failure}", vm.id);
            return;
        }
    };
    for disk in vm_deletion::ephemeral_disks(&volumes) {
        let key = volume::EPHEMERAL_OF.to_owned();
        let pair = TagPair { key, value: volume::ephemeral_mark(vm) };
        add(cloud, operation, TaggedType::Volume, disk.id(), vec![pair]).await;
    }
}

/// A name that cannot be changed is a warning: no deploy may fail for it.
async fn rename(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    vm: &VirtualMachine,
    name: String,
) {
    let update = UpdateVirtualMachine { id: vm.id.clone(), displayname: Some(name) };
    let until = cloud.deadline(Wait::Lookup);
    let send = async || cloud.call(&update, until).await.map(drop);
    let renamed = change(operation, Intent::change("name", &vm.id), send, async || Ok(None)).await;
    if let Err(failure) = renamed {
        tracing::warn!("VM {} keeps its display name: {failure}", vm.id);
    }
}
