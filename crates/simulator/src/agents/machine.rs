//! VMs as their agents find them: when they were booted, and which disks they have where.

use crate::Shared;
use crate::state::{Cloud, Vm, VmState, Volume, VolumeState};
use cloudstack::api::JobStatus;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The device id of the CD-ROM. VMware has it on another controller, and so no gap there.
const CD_ROM: u64 = 3;

/// A VM that runs.
#[derive(Debug)]
pub struct Machine {
    /// Its id.
    pub vm: String,
    /// Its boot.
    pub boot: Boot,
    /// Its disks.
    pub disks: Vec<DiskSeen>,
}

/// One boot of a VM: when it was started, and the reboot since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    started: Option<Timestamp>,
    reboot: Option<String>,
}

/// A volume that a VM sees.
#[derive(Debug, Clone)]
pub struct DiskSeen {
    /// The volume.
    pub volume: String,
    /// Its size in bytes.
    pub size: u64,
    /// The paths that lead to it.
    pub paths: Vec<String>,
}

/// The VMs that are not gone, and those among them that run.
pub fn look(shared: &Shared) -> (BTreeSet<String>, Vec<Machine>) {
    let mut cloud = shared.cloud();
    cloud.settle();
    let here: Vec<&Vm> = cloud.vms.iter().filter(|vm| !vm.state.is_gone_for_users()).collect();
    let running = here.iter().filter(|vm| vm.state == VmState::Running).map(|vm| Machine {
        vm: vm.id.clone(),
        boot: Boot { started: vm.started, reboot: last_reboot(&cloud, vm) },
        disks: disks(&cloud, &vm.id),
    });
    let running = running.collect();
    (here.into_iter().map(|vm| vm.id.clone()).collect(), running)
}

/// A reboot leaves no trace on the VM itself.
fn last_reboot(cloud: &Cloud, vm: &Vm) -> Option<String> {
    let mut jobs = cloud.jobs.iter().rev();
    let job = jobs.find(|job| {
        job.command == "rebootVirtualMachine"
            && job.instance.as_deref() == Some(&vm.id)
            && job.status == JobStatus::Succeeded
    });
    job.map(|job| job.id.clone())
}

/// The disks that a VM sees, by their place.
pub fn disks(cloud: &Cloud, vm: &str) -> Vec<DiskSeen> {
    let template = cloud.vms.get(vm).and_then(|vm| cloud.templates.ever(&vm.template));
    let gapless = template.is_some_and(|template| template.hypervisor == "VMware");
    let there = |volume: &&Volume| volume.state != VolumeState::Attaching;
    let seen = |volume: &Volume| {
        let device = volume.attached.as_ref().map_or(0, |attachment| attachment.device);
        let device = if gapless && device > CD_ROM { device - 1 } else { device };
        DiskSeen { volume: volume.id.clone(), size: volume.size, paths: paths(&volume.id, device) }
    };
    cloud.volumes_of(vm).into_iter().filter(there).map(seen).collect()
}

/// By serial number, and by letter under each name that hypervisors give.
fn paths(volume: &str, device: u64) -> Vec<String> {
    let serial: String = volume.chars().filter(|c| *c != '-').take(20).collect();
    let letter = u8::try_from(device).ok().filter(|device| *device < 26).map(|d| b'a' + d);
    let letters = letter.map(char::from).into_iter().flat_map(|letter| {
        ["sd", "vd", "xvd"].into_iter().map(move |name| format!("/dev/{name}{letter}"))
    });
    std::iter::once(format!("/dev/disk/by-id/virtio-{serial}")).chain(letters).collect()
}
