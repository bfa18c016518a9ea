//! Destroying, expunging and recovering VMs.

use super::power;
use super::view::{self, Details};
use crate::engine::{Answer, Call, Job, Refusal};
use crate::state::clock::later;
use crate::state::{Caller, Cloud, Vm, VmState, VolumeState};
use cloudstack::phrases;
use std::time::Duration;

/// `destroyVirtualMachine`: stops the VM, detaches its data disks, deletes those named, and
/// with `expunge` frees its address and name. A second one waits for the first, and finds nothing.
pub fn destroy(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_vm(call, "id")?;
    let disks: Vec<String> =
        call.params.ids("volumeids", &cloud.volumes)?.into_iter().map(str::to_owned).collect();
    let expunge = call.params.flag("expunge") == Some(true);
    let (caller, vm, queue) = (call.caller.clone(), id.clone(), id.clone());
    let (begun, named) = (id.clone(), disks.clone());
    let job = Job::new(move |cloud| {
        let Some(state) = cloud.vms.get(&vm).map(|vm| vm.state) else {
            let text = format!("Unable to find VM [{}].", cloud.vms.number(&vm));
            return Err(Refusal::internal(text));
        };
        // Recorded: a VM that was never made goes at once, and says so.
        if state == VmState::Error && !expunge {
            let now = cloud.now();
            cloud.vms.get_mut(&vm).into_iter().for_each(|vm| vm.turn(VmState::Expunging, now));
            let result = view::result(cloud, &caller, &vm);
            cloud.expunge_vm(&vm);
            return Ok(result);
        }
        finish_destroy(cloud, &vm, &disks, expunge);
        if expunge {
            cloud.expunge_vm(&vm);
        }
        Ok(view::result(cloud, &caller, &vm))
    });
    let (asked, asker) = (id.clone(), call.caller.clone());
    let job = job.check(move |cloud| check_destroy(cloud, &asker, &asked, expunge));
    let doomed = cloud.vms.get(&id).is_some_and(|vm| vm.state.is_gone_for_users());
    let begin = move |cloud: &mut Cloud| begin_destroy(cloud, &begun, &named, doomed);
    Ok(phases(job, &id, expunge).begin(begin).on(id).queued(Some(queue)))
}

/// What others see while it goes on: the VM stops, and with `expunge` it is `Expunging` for the
/// longer half.
fn phases(job: Job, id: &str, expunge: bool) -> Job {
    let (stopping, stopped, expunging) = (id.to_owned(), id.to_owned(), id.to_owned());
    let job = job
        .midway(0.06, move |cloud| {
            let now = cloud.now();
            if let Some(vm) = cloud.vms.get_mut(&stopping).filter(|vm| vm.state == VmState::Running)
            {
                vm.turn(VmState::Stopping, now);
            }
        })
        .midway(0.12, move |cloud| power::finish_stop(cloud, &stopped));
    if !expunge {
        return job;
    }
    job.midway(0.5, move |cloud| {
        let now = cloud.now();
        if let Some(vm) = cloud.vms.get_mut(&expunging) {
            vm.turn(VmState::Expunging, now);
        }
    })
}

fn check_destroy(cloud: &Cloud, caller: &Caller, id: &str, expunge: bool) -> Result<(), Refusal> {
    if expunge && !may_expunge(cloud, caller) {
        return Err(Refusal::internal("Account does not have permission for expunging."));
    }
    match cloud.vms.get(id) {
        Some(vm) if vm.delete_protection => Err(Refusal::invalid(format!(
            "Instance [id = {}, name = {}] has delete protection enabled and cannot be deleted.",
            vm.id, vm.instance_name
        ))),
        _ => Ok(()),
    }
}

fn begin_destroy(
    cloud: &mut Cloud,
    id: &str,
    disks: &[String],
    doomed: bool,
) -> Result<(), Refusal> {
    if cloud.vms.get(id).is_none() {
        return Err(Refusal::internal(match doomed {
            true => format!("Unable to find VM [{}].", cloud.vms.number(id)),
            false => "Failed to destroy vm with specified vmId".to_owned(),
        }));
    }
    let stray: Vec<&String> = disks
        .iter()
        .filter(|disk| {
            let volume = cloud.volumes.get(disk);
            !volume.is_some_and(|volume| volume.vm() == Some(id) && !volume.is_root())
        })
        .collect();
    if !stray.is_empty() {
        let text = format!("One or more volumes are not DATADISK attached to the VM: {stray:?}");
        return Err(Refusal::invalid(text));
    }
    Ok(())
}

/// The disks that a call names go with the VM: at once with `expunge`, else they are kept for a
/// while, in `Destroy`.
fn finish_destroy(cloud: &mut Cloud, id: &str, disks: &[String], expunge: bool) {
    power::finish_stop(cloud, id);
    let attached: Vec<String> = cloud
        .volumes_of(id)
        .into_iter()
        .filter(|volume| !volume.is_root())
        .map(|volume| volume.id.clone())
        .collect();
    for disk in attached {
        let named = disks.contains(&disk);
        if named && expunge {
            cloud.remove_volume(&disk);
        } else if let Some(volume) = cloud.volumes.get_mut(&disk) {
            volume.attached = None;
            if named {
                volume.state = VolumeState::Destroy;
            }
        }
    }
    let now = cloud.now();
    if let Some(vm) = cloud.vms.get_mut(id).filter(|vm| vm.state != VmState::Destroyed) {
        vm.turn(VmState::Destroyed, now);
    }
}

fn may_expunge(cloud: &Cloud, caller: &Caller) -> bool {
    caller.is_any_admin() || cloud.world.settings.allow_user_expunge_recover_vm
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
