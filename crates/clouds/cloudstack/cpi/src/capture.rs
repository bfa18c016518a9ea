//! A stemcell of a VM: the VM is stopped, a template made of its root volume, and the VM started
//! again.

use crate::api::change;
use crate::errors::{Activity, CloudResult, ResultExt, vm_not_found};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::{template, vm, volume};
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};
use cloudstack::api::{CreateTemplate, StartVirtualMachine, StopVirtualMachine, VirtualMachine};
use cpi_kit::{Capture, Captured, Keep, Provider, Sharing};
use journal::Operation;
use serde_json::{Map, Value, json};

pub(crate) async fn run(cloud: &CloudStack, capture: &Capture, keep: Keep<'_>) -> Result<Captured> {
    let cid = &capture.vm;
    let tried = || format!("looking up VM {cid}");
    let vm = vm::find(cloud, cid).await.during(Activity::FindVm, tried)?;
    let vm = vm.ok_or_else(|| vm_not_found(cid))?;
    cloud.wait_for_earlier_calls_on(&vm.id).await?;
    let was_running = match vm.state.as_str() {
        "Running" => true,
        "Stopped" => false,
        other => {
            let why = format!("VM {cid} is {other}; it must be Running or Stopped to be captured");
            return Err(CpiError::cloud(why));
        }
    };
    let volumes = volume::of_vm(cloud, &vm.id).await.during(Activity::FindVm, tried)?;
    let root = volumes.into_iter().find(|volume| volume.kind == "ROOT");
    let root = root.ok_or_else(|| CpiError::cloud(format!("VM {cid} has no root volume")))?;
    cloud
        .operation("capture", async |operation| {
            if was_running {
                let stopped = stop(cloud, operation, &vm.id).await;
                stopped.during(Activity::RebootVm, || format!("stopping VM {cid}"))?;
            }
            let image = make_template(cloud, operation, capture, &vm, &root.id).await?;
            let captured = Captured { cloud_properties: properties(&image, &vm), image };
            keep(&captured)?;
            if was_running {
                let started = start(cloud, operation, &vm.id).await;
                started.during(Activity::RebootVm, || format!("starting VM {cid} again"))?;
            }
            let image = captured.image.clone();
            Ok((captured, Some(image)))
        })
        .await
}

async fn stop(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    vm: &str,
) -> CloudResult<()> {
    let stop = StopVirtualMachine { id: vm.to_owned(), forced: None };
    let until = cloud.deadline(Wait::RebootVm);
    tracing::info!("stopping VM {vm}");
    let send = async || cloud.run_job(&stop, until).await.map(drop);
    let probe = async || is_in_state(cloud, vm, "Stopped").await;
    change(operation, Intent::VmStop { vm: vm.to_owned() }, send, probe).await
}

async fn start(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    vm: &str,
) -> CloudResult<()> {
    let start = StartVirtualMachine { id: vm.to_owned() };
    let until = cloud.deadline(Wait::RebootVm);
    tracing::info!("starting VM {vm} again");
    let send = async || cloud.run_job(&start, until).await.map(drop);
    let probe = async || is_in_state(cloud, vm, "Running").await;
    change(operation, Intent::change("start", vm), send, probe).await
}

async fn is_in_state(cloud: &CloudStack, vm: &str, state: &str) -> CloudResult<Option<()>> {
    Ok(vm::by_id(cloud, vm).await?.filter(|vm| vm.state == state).map(drop))
}

/// Makes the template, and waits until VMs can be made from it; its id.
async fn make_template(
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
    let send = async || cloud.run_job(&make, until).await.map(|made| made.0.id);
    let probe =
        async || Ok(template::named(cloud, &name).await?.into_iter().next().map(|row| row.id));
    let made = change(operation, Intent::Template { name: name.clone() }, send, probe).await;
    let tried = || format!("making a template of VM {}", capture.vm);
    let id = made.during(Activity::CreateStemcell, tried)?;
    template::wait_until_ready(cloud, &id, &[&vm.zoneid], until).await?;
    Ok(id)
}

/// The VM's own: with another one it would get other disks.
fn os_type(vm: &VirtualMachine) -> Result<String> {
    let id = ["ostypeid", "guestosid"].iter().find_map(|name| vm.other.get(*name)?.as_str());
    let id = id.map(str::to_owned);
    id.ok_or_else(|| CpiError::cloud(format!("VM {}: the cloud's answer has no OS type", vm.id)))
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
