//! Starting, stopping and rebooting VMs.

use super::view;
use crate::engine::{Call, Job, Refusal};
use crate::state::{Cloud, VmState, VolumeState};
use cloudstack::phrases;
use serde_json::json;

/// What a stopped VM is left with in its settings.
const CAPACITY_FLAG: &str = "Message.ReservedCapacityFreed.Flag";

/// In the settings of a VM until it was started once.
pub const STARTS: &str = "deployvm";

/// `startVirtualMachine`. Of two at once both succeed: what counts is the state when each was
/// taken in.
pub fn start(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_vm(call, "id")?;
    let (caller, vm, begun, queue) = (call.caller.clone(), id.clone(), id.clone(), id.clone());
    let asked = id.clone();
    let job = Job::new(move |cloud| {
        if cloud.vms.get(&vm).is_some_and(|vm| vm.state == VmState::Starting) {
            finish_start(cloud, &vm)?;
        }
        Ok(view::result(cloud, &caller, &vm))
    });
    let job = job.check(move |cloud| check_start(cloud, &asked));
    let begin = move |cloud: &mut Cloud| match cloud.vms.get(&begun).map(|vm| vm.state) {
        Some(VmState::Running) => Ok(()),
        _ => begin_start(cloud, &begun),
    };
    Ok(job.begin(begin).on(id).queued(Some(queue)))
}

fn check_start(cloud: &Cloud, id: &str) -> Result<(), Refusal> {
    match cloud.vms.get(id) {
        Some(vm) if vm.state == VmState::Running => Err(Refusal::invalid(format!(
            "The virtual machine {} ({}) is already running",
            vm.id, vm.display_name
        ))),
        _ => Ok(()),
    }
}

/// `stopVirtualMachine`. What does not run is stopped already.
pub fn stop(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_vm(call, "id")?;
    let (caller, vm, begun, queue) = (call.caller.clone(), id.clone(), id.clone(), id.clone());
    let job = Job::new(move |cloud| {
        finish_stop(cloud, &vm);
        Ok(view::result(cloud, &caller, &vm))
    });
    Ok(job.begin(move |cloud| begin_stop(cloud, &begun)).on(id).queued(Some(queue)))
}

/// `rebootVirtualMachine`.
pub fn reboot(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_vm(call, "id")?;
    let (caller, vm, begun, queue) = (call.caller.clone(), id.clone(), id.clone(), id.clone());
    let job = Job::new(move |cloud| Ok(view::result(cloud, &caller, &vm)));
    let begin = move |cloud: &mut Cloud| match cloud.vms.get(&begun) {
        Some(vm) if vm.state == VmState::Running => Ok(()),
        Some(vm) => Err(Refusal::invalid(format!(
            "The VM {} ({}) {} it",
            vm.id,
            vm.display_name,
            phrases::NOT_RUNNING
        ))),
        None => Err(crate::engine::gone("VirtualMachine", cloud.vms.number(&begun))),
    };
    Ok(job.begin(begin).on(id).queued(Some(queue)))
}

/// Finds a host and room on storage; the VM is `Starting` then.
pub fn begin_start(cloud: &mut Cloud, id: &str) -> Result<(), Refusal> {
    let Some(vm) = cloud.vms.get(id) else {
        return Err(crate::engine::gone("VirtualMachine", cloud.vms.number(id)));
    };
    match vm.state {
        VmState::Stopped => {}
        VmState::Error => {
            let text = format!("VM {} has no usable volumes found", vm.id);
            return Err(Refusal::internal(text));
        }
        _ => {
            let text = format!("Unable to orchestrate the start of the VM instance {}", vm.id);
            return Err(Refusal::internal(text));
        }
    }
    let about = json!({
        "id": vm.number, "instanceName": vm.instance_name, "state": vm.state.name(),
        "type": "User", "uuid": vm.id,
    });
    let no_room =
        || Refusal::capacity(format!("{} for VM instance {about}", phrases::NO_DESTINATION));
    let host = cloud.find_host(vm).map(|host| host.id.clone()).ok_or_else(no_room)?;
    for volume in cloud.volumes_of(id) {
        cloud.pool_for(volume, Some(&host)).ok_or_else(no_room)?;
    }
    let networks: Vec<String> = vm.nics.iter().map(|nic| nic.network.clone()).collect();
    for network in networks {
        cloud.implement_network(&network)?;
    }
    let now = cloud.now();
    if let Some(vm) = cloud.vms.get_mut(id) {
        vm.host = Some(host);
        vm.turn(VmState::Starting, now);
    }
    Ok(())
}

/// The VM runs: its disks are stored, its NICs plugged in.
pub fn finish_start(cloud: &mut Cloud, id: &str) -> Result<(), Refusal> {
    let now = cloud.now();
    let Some(vm) = cloud.vms.get_mut(id) else {
        return Err(crate::engine::gone("VirtualMachine", cloud.vms.number(id)));
    };
    vm.turn(VmState::Running, now);
    vm.started = Some(now);
    vm.details.remove(STARTS);
    vm.nics.iter_mut().for_each(|nic| nic.plugged = true);
    let host = vm.host.clone();
    let networks: Vec<String> = vm.nics.iter().map(|nic| nic.network.clone()).collect();
    networks.iter().for_each(|network| cloud.network_is_ready(network));
    let disks: Vec<String> = cloud.volumes_of(id).iter().map(|volume| volume.id.clone()).collect();
    for disk in disks {
        let pool = cloud.volumes.get(&disk).and_then(|it| cloud.pool_for(it, host.as_deref()));
        if let Some(volume) = cloud.volumes.get_mut(&disk) {
            volume.pool = volume.pool.take().or(pool);
            volume.state = VolumeState::Ready;
        }
    }
    Ok(())
}

fn begin_stop(cloud: &mut Cloud, id: &str) -> Result<(), Refusal> {
    let now = cloud.now();
    let Some(vm) = cloud.vms.get_mut(id) else {
        return Err(crate::engine::gone("VirtualMachine", cloud.vms.number(id)));
    };
    if vm.state == VmState::Running {
        vm.turn(VmState::Stopping, now);
    }
    Ok(())
}

/// The VM is switched off. Nothing happens to one that does not run.
pub fn finish_stop(cloud: &mut Cloud, id: &str) {
    let now = cloud.now();
    let Some(vm) = cloud.vms.get_mut(id) else { return };
    if matches!(vm.state, VmState::Running | VmState::Stopping | VmState::Starting) {
        vm.turn(VmState::Stopped, now);
        vm.host = None;
        vm.details.insert(CAPACITY_FLAG.into(), "false".into());
        vm.nics.iter_mut().for_each(|nic| nic.plugged = false);
    }
}
