//! Attaching and detaching volumes.

use super::view;
use crate::engine::{Call, Job, Params, Refusal, gone};
use crate::state::{Attachment, Cloud, Pool, VmState, Volume, VolumeState};
use crate::world::Storage;
use cloudstack::phrases;

/// `attachVolume`. Nearly everything that can be wrong with it is found by the job: whether the
/// volume is free when it is taken in, the rest when its turn comes. Nothing shows before it ends.
pub fn attach(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_volume(call, "id")?;
    let vm = cloud.need_vm(call, "virtualmachineid")?;
    let device = call.params.number("deviceid")?;
    let (caller, volume, queue) = (call.caller.clone(), id.clone(), vm.clone());
    let (asked, on) = (id.clone(), vm.clone());
    let check = move |cloud: &mut Cloud| check(cloud, &asked, &on);
    let (begun, on) = (id.clone(), vm.clone());
    let begin = move |cloud: &mut Cloud| {
        check_free(cloud, &begun)?;
        pick_device(cloud, &on, device)?;
        store(cloud, &begun, &on).map(drop)
    };
    let job = Job::new(move |cloud| {
        check_free(cloud, &volume)?;
        let device = pick_device(cloud, &vm, device)?;
        let pool = store(cloud, &volume, &vm)?;
        let now = cloud.now();
        if let Some(volume) = cloud.volumes.get_mut(&volume) {
            volume.attached = Some(Attachment { vm, device, since: Some(now) });
            volume.pool = Some(pool);
            volume.state = VolumeState::Ready;
        }
        cloud.plug(&volume);
        Ok(view::result(cloud, &caller, &volume))
    });
    Ok(job.check(check).begin(begin).on(id).queued(Some(queue)))
}

/// What another job did to the volume meanwhile is a 530.
fn check_free(cloud: &Cloud, id: &str) -> Result<(), Refusal> {
    match cloud.volumes.get(id) {
        None => Err(Refusal::internal(format!("Failed to attach volume {id}: it is gone"))),
        Some(volume) if volume.attached.is_some() => {
            Err(Refusal::internal("This volume is already attached to a VM."))
        }
        Some(_) => Ok(()),
    }
}

fn check(cloud: &Cloud, id: &str, vm: &str) -> Result<(), Refusal> {
    let (Some(volume), Some(vm)) = (cloud.volumes.get(id), cloud.vms.get(vm)) else {
        return Err(gone("Volume", cloud.volumes.number(id)));
    };
    if volume.attached.is_some() || volume.is_root() {
        return Err(Refusal::invalid("Please specify a volume that is not attached to any VM."));
    }
    if volume.zone != vm.zone {
        return Err(Refusal::invalid(
            "Please specify a VM that is in the same zone as the volume.",
        ));
    }
    if !matches!(vm.state, VmState::Running | VmState::Stopped) {
        return Err(Refusal::invalid("Please specify a VM that is either running or stopped."));
    }
    if volume.owner != vm.owner {
        return Err(Refusal::denied(format!("volume {id} and VM {} have two owners", vm.id)));
    }
    let usable = matches!(
        volume.state,
        VolumeState::Allocated | VolumeState::Ready | VolumeState::Snapshotting
    );
    if !usable {
        let text = format!("volume {id} is {}, not Allocated or Ready", volume.state.name());
        return Err(Refusal::invalid(text));
    }
    Ok(())
}

fn pick_device(cloud: &Cloud, vm: &str, wanted: Option<i64>) -> Result<u64, Refusal> {
    let max = cloud.world.settings.max_data_disks;
    let disks = cloud.volumes_of(vm).into_iter().filter(|volume| !volume.is_root()).count();
    if disks as u64 >= max {
        return Err(Refusal::invalid(format!(
            "The specified VM already has the maximum number of data disks ({max}) attached"
        )));
    }
    let Some(wanted) = wanted else {
        return cloud.free_device(vm).ok_or_else(|| Refusal::internal("no device id is free"));
    };
    let wanted = u64::try_from(wanted).ok().filter(|device| cloud.device_is_possible(*device));
    let Some(wanted) = wanted else {
        return Err(Refusal::internal(format!("deviceId should be 1,2,4-{}", max + 1)));
    };
    if cloud.device_is_taken(vm, wanted) {
        return Err(Refusal::internal(format!("deviceId {wanted} is used on vm {vm}")));
    }
    Ok(wanted)
}

fn store(cloud: &Cloud, id: &str, vm: &str) -> Result<Pool, Refusal> {
    let host = cloud.vms.get(vm).and_then(|vm| vm.host.as_deref());
    let volume = cloud.volumes.get(id);
    let own = host.and_then(|id| cloud.hosts.get(id)).map(|host| host.storage(Storage::Local).id);
    let stands =
        volume.filter(|volume| volume.storage == Storage::Local).and_then(|it| it.pool.as_ref());
    if stands.is_some_and(|pool| own.as_ref() != Some(&pool.id)) {
        return Err(Refusal::invalid(format!(
            "volume {id} is on another host's own storage, from which it cannot move to VM {vm}"
        )));
    }
    let pool = volume.and_then(|volume| cloud.pool_for(volume, host));
    pool.ok_or_else(|| Refusal::internal(format!("{} for volume {id}", phrases::NO_STORAGE)))
}

/// `detachVolume`: by its id, or by VM and place. Whether it is attached is found when the job is
/// taken in.
pub fn detach(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = named(cloud, call)?;
    let queue = cloud.volumes.get(&id).and_then(Volume::vm).map(str::to_owned);
    let (caller, volume, asked) = (call.caller.clone(), id.clone(), id.clone());
    let check = move |cloud: &mut Cloud| {
        let attached = cloud.volumes.get(&asked).and_then(Volume::vm);
        let Some(vm) = attached.and_then(|vm| cloud.vms.get(vm)) else {
            return Err(Refusal::invalid("The specified volume is not attached to a VM."));
        };
        if !matches!(vm.state, VmState::Running | VmState::Stopped | VmState::Destroyed) {
            let text = "Please specify a VM that is either running or stopped.";
            return Err(Refusal::invalid(text));
        }
        if vm.state == VmState::Running && cloud.volumes.get(&asked).is_some_and(Volume::is_root) {
            let text = format!("VM {} must be stopped to detach its root disk", vm.id);
            return Err(Refusal::invalid(text));
        }
        Ok(())
    };
    let job = Job::new(move |cloud| {
        cloud.unplug(&volume);
        if let Some(volume) = cloud.volumes.get_mut(&volume) {
            volume.attached = None;
        }
        Ok(view::result(cloud, &caller, &volume))
    });
    Ok(job.check(check).on(id).queued(queue))
}

fn named(cloud: &Cloud, call: &Call<'_>) -> Result<String, Refusal> {
    let params: &Params = call.params;
    match (params.has("id"), params.number("deviceid")?) {
        (true, None) => cloud.need_volume(call, "id"),
        (false, Some(device)) => {
            let vm = cloud.need_vm(call, "virtualmachineid")?;
            let volumes = cloud.volumes_of(&vm);
            let at = |volume: &&Volume| {
                volume.attached.as_ref().is_some_and(|it| i64::try_from(it.device) == Ok(device))
            };
            let volume = volumes.into_iter().find(at);
            volume
                .map(|volume| volume.id.clone())
                .ok_or_else(|| Refusal::invalid("The specified volume is not attached to a VM."))
        }
        _ => Err(Refusal::invalid("name either the volume's id, or deviceid and virtualmachineid")),
    }
}
