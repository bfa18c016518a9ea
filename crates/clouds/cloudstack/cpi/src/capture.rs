//! A stemcell of a VM: the VM is stopped, a template made of its root volume, and the VM started
//! again.

use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::methods::cids::no_vm;
use crate::methods::create_stemcell::{ready, rows_named};
use crate::properties::Wait;
use crate::steps::{Intent, ended};
use bosh_cpi::{CpiError, Result};
use cloudstack::api::{CreateTemplate, StartVirtualMachine, StopVirtualMachine, VirtualMachine};
use cpi_kit::{Capture, Captured, Keep, Provider, Sharing};
use journal::{Absence, Operation};
use serde_json::{Map, Value, json};

type Answer<T> = std::result::Result<T, Failure>;

pub(crate) async fn run(cloud: &CloudStack, capture: &Capture, keep: Keep<'_>) -> Result<Captured> {
    let cid = &capture.vm;
    let looking =
        |failure| errors::answer(Activity::FindVm, format!("looking for VM {cid}"), failure);
    let vm = cloud.vm(cid).await.map_err(looking)?.ok_or_else(|| no_vm(cid))?;
    cloud.wait_for_earlier_calls_on(&vm.id).await?;
    let was_running = match vm.state.as_str() {
        "Running" => true,
        "Stopped" => false,
        other => {
            let why = format!("VM {cid} is {other}; only a running or a stopped one is captured");
            return Err(CpiError::cloud(why));
        }
    };
    let volumes = cloud.volumes_of(&vm.id).await.map_err(looking)?;
    let root = volumes.into_iter().find(|volume| volume.kind == "ROOT");
    let root = root.ok_or_else(|| CpiError::cloud(format!("VM {cid} has no root volume")))?;
    cloud
        .operation("capture", async |operation| {
            if was_running {
                let stopping = format!("stopping VM {cid}");
                let stopped = stop(cloud, operation, &vm.id).await;
                stopped.map_err(|failure| errors::answer(Activity::RebootVm, stopping, failure))?;
            }
            let image = template(cloud, operation, capture, &vm, &root.id).await?;
            let captured = Captured { cloud_properties: properties(&image, &vm), image };
            keep(&captured)?;
            if was_running {
                let starting = format!("starting VM {cid} again");
                let started = start(cloud, operation, &vm.id).await;
                started.map_err(|failure| errors::answer(Activity::RebootVm, starting, failure))?;
            }
            let image = captured.image.clone();
            Ok((captured, Some(image)))
        })
        .await
}

async fn stop(cloud: &CloudStack, operation: &mut Operation<'_, Intent>, vm: &str) -> Answer<()> {
    let stop = StopVirtualMachine { id: vm.to_owned(), forced: None };
    let until = cloud.deadline(Wait::RebootVm);
    tracing::info!("stopping VM {vm}");
    operation
        .step(
            Intent::Stopped { vm: vm.to_owned() },
            async || ended(cloud.run(&stop, until).await.map(drop)),
            async || Ok(cloud.vm_by_id(vm).await?.filter(|vm| vm.state == "Stopped").map(drop)),
        )
        .await
}

async fn start(cloud: &CloudStack, operation: &mut Operation<'_, Intent>, vm: &str) -> Answer<()> {
    let start = StartVirtualMachine { id: vm.to_owned() };
    let until = cloud.deadline(Wait::RebootVm);
    tracing::info!("starting VM {vm} again");
    operation
        .step(
            Intent::change("start", vm),
            async || ended(cloud.run(&start, until).await.map(drop)),
            async || Ok(cloud.vm_by_id(vm).await?.filter(|vm| vm.state == "Running").map(drop)),
        )
        .await
}

/// Makes the template, and waits until VMs can be made from it; its id.
async fn template(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    capture: &Capture,
    vm: &VirtualMachine,
    volume: &str,
) -> Result<String> {
    let name = format!("captured-{}", operation.id());
    let make = CreateTemplate {
        volumeid: Some(volume.to_owned()),
        snapshotid: None,
        name: name.clone(),
        displaytext: capture.note.clone(),
        ostypeid: os_type(vm)?,
        ispublic: capture.sharing == Sharing::Public,
        isfeatured: None,
        requireshvm: cloud.properties.stemcell_requires_hvm(),
        arch: None,
    };
    let until = cloud.deadline(Wait::PollTemplate);
    tracing::info!("making a template of volume {volume}");
    let made = operation
        .step(
            Intent::Template { name: name.clone() },
            async || ended(cloud.run(&make, until).await.map(|made| made.0.id)),
            async || Ok(rows_named(cloud, &name).await?.into_iter().next().map(|row| row.id)),
        )
        .await;
    let id = made.map_err(|failure| {
        let tried = format!("making a template of VM {}", capture.vm);
        errors::answer(Activity::CreateStemcell, tried, failure)
    })?;
    ready::wait(cloud, &id, &[&vm.zoneid], until).await?;
    Ok(id)
}

/// The VM's own: with another one it would get other disks.
fn os_type(vm: &VirtualMachine) -> Result<String> {
    let told = ["ostypeid", "guestosid"].iter().find_map(|name| vm.other.get(*name)?.as_str());
    let told = told.map(str::to_owned);
    told.ok_or_else(|| CpiError::cloud(format!("VM {}: the cloud tells no OS type", vm.id)))
}

fn properties(image: &str, vm: &VirtualMachine) -> Map<String, Value> {
    let mut properties = Map::from_iter([("template_id".to_owned(), json!(image))]);
    // CloudStack's simulated hosts run anything.
    if !matches!(vm.hypervisor.as_str(), "" | "Simulator") {
        let hypervisor = vm.hypervisor.to_lowercase();
        properties.insert("hypervisor".to_owned(), json!(hypervisor));
    }
    properties
}

/// Undo: the VM runs as it did before. One that somebody has deleted meanwhile does not.
pub(crate) async fn running_again(cloud: &CloudStack, vm: &str) -> Result<Absence> {
    let tried = format!("starting VM {vm} again");
    let failed = |failure| errors::answer(Activity::Undo, &tried, failure);
    let Some(there) = cloud.vm_by_id(vm).await.map_err(failed)? else { return Ok(Absence::Final) };
    match there.state.as_str() {
        // A stop that was sent may still come.
        "Running" => Ok(Absence::MayAppear),
        "Stopped" => {
            let start = StartVirtualMachine { id: vm.to_owned() };
            let until = cloud.undo_deadline(Wait::RebootVm);
            cloud.run(&start, until).await.map_err(failed)?;
            Ok(Absence::Final)
        }
        "Stopping" | "Starting" => Err(CpiError::cloud(format!("VM {vm} is {}", there.state))),
        _ => Ok(Absence::Final),
    }
}
