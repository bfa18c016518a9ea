//! Destroying, expunging and recovering VMs.

use super::power;
use super::view::{self, Details};
use crate::engine::{Answer, Call, Job, Refusal};
use crate::state::clock::later;
use crate::state::{Caller, Cloud, Vm, VmState};
use cloudstack::phrases;
use std::time::Duration;

/// `destroyVirtualMachine`: stops the VM, detaches its data disks, deletes those named, and
/// with `expunge` frees its address and name.
pub fn destroy(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_vm(call, "id")?;
    let disks: Vec<String> =
        call.params.ids("volumeids", &cloud.volumes)?.into_iter().map(str::to_owned).collect();
    let expunge = call.params.flag("expunge") == Some(true);
    let (caller, vm, queue) = (call.caller.clone(), id.clone(), id.clone());
    let (begun, asker, named) = (id.clone(), caller.clone(), disks.clone());
    let job = Job::new(move |cloud| {
        finish_destroy(cloud, &vm, &disks);
        if expunge {
            cloud.expunge_vm(&vm);
        }
        Ok(view::result(cloud, &caller, &vm))
    });
    let begin = move |cloud: &mut Cloud| begin_destroy(cloud, &asker, &begun, &named, expunge);
    Ok(job.begin(begin).on(id).queued(Some(queue)))
}

fn begin_destroy(
    cloud: &mut Cloud,
    caller: &Caller,
    id: &str,
    disks: &[String],
    expunge: bool,
) -> Result<(), Refusal> {
    if expunge && !may_expunge(cloud, caller) {
        return Err(Refusal::internal(format!("{}.", phrases::NO_EXPUNGE_PERMISSION)));
    }
    let stray: Vec<&String> = disks
        .iter()
        .filter(|disk| {
            let volume = cloud.volumes.get(disk);
            !volume.is_some_and(|volume| volume.vm() == Some(id) && !volume.is_root())
        })
        .collect();
    if !stray.is_empty() {
        return Err(Refusal::invalid(format!("{}: {stray:?}", phrases::NOT_ITS_DATADISK)));
    }
    let now = cloud.now();
    let Some(vm) = cloud.vms.get_mut(id) else {
        return Err(crate::engine::gone("VirtualMachine", cloud.vms.number(id)));
    };
    if vm.state == VmState::Running {
        vm.turn(VmState::Stopping, now);
    }
    Ok(())
}

fn finish_destroy(cloud: &mut Cloud, id: &str, disks: &[String]) {
    power::finish_stop(cloud, id);
    for disk in disks {
        cloud.remove_volume(disk);
    }
    let attached: Vec<String> = cloud
        .volumes_of(id)
        .into_iter()
        .filter(|volume| !volume.is_root())
        .map(|volume| volume.id.clone())
        .collect();
    for disk in attached {
        if let Some(volume) = cloud.volumes.get_mut(&disk) {
            volume.attached = None;
        }
    }
    let now = cloud.now();
    if let Some(vm) = cloud.vms.get_mut(id).filter(|vm| vm.state != VmState::Destroyed) {
        vm.turn(VmState::Destroyed, now);
    }
}

fn may_expunge(cloud: &Cloud, caller: &Caller) -> bool {
    caller.is_admin() || cloud.world.settings.allow_user_expunge_recover_vm
}

/// `expungeVirtualMachine`: of a destroyed VM.
pub fn expunge(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_vm(call, "id")?;
    let (caller, vm, begun, queue) = (call.caller.clone(), id.clone(), id.clone(), id.clone());
    let job = Job::new(move |cloud| {
        cloud.expunge_vm(&vm);
        Ok(serde_json::json!({"success": true}))
    });
    let begin = move |cloud: &mut Cloud| {
        if !may_expunge(cloud, &caller) {
            return Err(Refusal::internal(format!(
                "{}. Or when the allow.user.expunge.recover.vm key is set.",
                phrases::EXPUNGE_IS_FOR_ADMINS
            )));
        }
        match cloud.vms.get(&begun).map(|vm| vm.state) {
            Some(VmState::Destroyed | VmState::Error | VmState::Expunging) => Ok(()),
            Some(_) => Err(Refusal::internal(phrases::NOT_DESTROYED_YET)),
            None => Err(crate::engine::gone("VirtualMachine", cloud.vms.number(&begun))),
        }
    };
    Ok(job.begin(begin).on(id).queued(Some(queue)))
}

/// `recoverVirtualMachine`: a destroyed VM is stopped again.
pub fn recover(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = cloud.need_vm(call, "id")?;
    if !may_expunge(cloud, call.caller) {
        let text = "Recovering a vm can only be done by an Admin";
        return Err(Refusal::denied(text));
    }
    // Its last change stays the destruction.
    let destroyed = cloud.vms.get_mut(&id).filter(|vm| vm.state == VmState::Destroyed);
    match destroyed {
        Some(vm) => vm.state = VmState::Stopped,
        None => return Err(Refusal::invalid(format!("VM {id} is not destroyed"))),
    }
    match cloud.vms.get(&id) {
        Some(vm) => {
            Ok(Answer::object("virtualmachine", view::of(cloud, call.caller, vm, Details::ALL)))
        }
        None => Ok(Answer::Success),
    }
}

impl Cloud {
    /// Removes a VM: its address, name and root disk are free again.
    pub fn expunge_vm(&mut self, id: &str) {
        let disks: Vec<(String, bool)> =
            self.volumes_of(id).iter().map(|v| (v.id.clone(), v.is_root())).collect();
        for (disk, root) in disks {
            if root {
                self.remove_volume(&disk);
            } else if let Some(volume) = self.volumes.get_mut(&disk) {
                volume.attached = None;
            }
        }
        self.forget_guest(id);
        self.drop_tags(id);
        self.vms.remove(id);
    }

    /// What the expunge worker does: VMs that have been destroyed for long are removed.
    pub fn expunge_what_is_due(&mut self) {
        let delay = Duration::from_secs(self.world.settings.expunge_delay);
        let due = |vm: &&Vm| {
            matches!(vm.state, VmState::Destroyed | VmState::Error)
                && later(vm.changed.unwrap_or(vm.created), delay) <= self.time
                && self.jobs.open_on(&vm.id).is_none()
        };
        let due: Vec<String> = self.vms.iter().filter(due).map(|vm| vm.id.clone()).collect();
        due.iter().for_each(|id| self.expunge_vm(id));
    }
}
