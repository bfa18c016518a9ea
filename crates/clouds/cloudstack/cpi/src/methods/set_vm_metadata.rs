//! `set_vm_metadata`: tags a VM, and names it as its instance is named.

use super::cids::no_vm;
use super::write_tags::{self, Tagged};
use crate::CloudStack;
use crate::errors::{self, Activity};
use crate::properties::Wait;
use crate::steps::{Intent, ended};
use crate::tags;
use bosh_cpi::Result;
use bosh_cpi::method::SetVmMetadata;
use cloudstack::api::{TaggedType, UpdateVirtualMachine, VirtualMachine};
use cpi_kit::Provider;
use journal::Operation;

pub(crate) async fn run(cloud: &CloudStack, call: SetVmMetadata) -> Result<()> {
    let cid = call.vm_cid;
    let found = cloud.vm(&cid).await;
    let vm = found
        .map_err(|failure| {
            errors::answer(Activity::SetVmMetadata, format!("tagging VM {cid}"), failure)
        })?
        .ok_or_else(|| no_vm(&cid))?;
    let difference = tags::difference(&vm.tags, tags::from_metadata(&call.metadata));
    let name = tags::display_name(&call.metadata).filter(|name| *name != vm.displayname);
    cloud
        .operation("set_vm_metadata", async |operation| {
            let tagged = Tagged { kind: TaggedType::UserVm, id: &vm.id };
            write_tags::write(cloud, operation, &tagged, difference).await;
            if let Some(name) = name {
                rename(cloud, operation, &vm, name).await;
            }
            Ok(((), None))
        })
        .await
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
    let run = async || ended(cloud.call(&update, until).await.map(drop));
    let renamed = operation.step(Intent::change("name", &vm.id), run, async || Ok(None)).await;
    if let Err(failure) = renamed {
        tracing::warn!("VM {} keeps its display name: {failure}", vm.id);
    }
}
