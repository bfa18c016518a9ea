//! VMs as their agents find them: when they were booted, and which disks they have where.

use crate::Shared;
use crate::metadata;
use crate::state::{Cloud, Vm, VmState, Volume, VolumeState};
use cloudstack::api::JobStatus;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use tokio::runtime::Handle;

pub use simulator_kit::agents::{AgentEntry, Agents, DiskSeen, Keeper};
use simulator_kit::agents::{Machine, Machines};

/// The device id of the CD-ROM. VMware has it on another controller, and so no gap there.
const CD_ROM: u64 = 3;

impl Machines for Shared {
    fn runtime(&self) -> Handle {
        Shared::runtime(self).clone()
    }

    fn look(&self) -> (BTreeSet<String>, Vec<Machine>) {
        look(self)
    }

    fn disks(&self, machine: &str) -> Vec<DiskSeen> {
        let mut cloud = self.cloud();
        cloud.settle();
        disks(&cloud, machine)
    }

    fn metadata(&self, machine: &str) -> Option<SocketAddr> {
        metadata::addresses(self).get(machine).copied()
    }
}

/// The VMs that are not gone, and those among them that run.
fn look(shared: &Shared) -> (BTreeSet<String>, Vec<Machine>) {
    let mut cloud = shared.cloud();
    cloud.settle();
    let here: Vec<&Vm> = cloud.vms.iter().filter(|vm| !vm.state.is_gone_for_users()).collect();
    let running = here.iter().filter(|vm| vm.state == VmState::Running).map(|vm| Machine {
        vm: vm.id.clone(),
        boot: format!("{:?} {:?}", vm.started, last_reboot(&cloud, vm)),
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
fn disks(cloud: &Cloud, vm: &str) -> Vec<DiskSeen> {
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
