//! Whether the cloud is as a director may believe it to be.

use super::belief::{Belief, Disk, There};
use simulator_cloudstack::{Inventory, VolumeEntry};
use std::collections::{BTreeMap, BTreeSet};

impl Belief {
    /// Tells in what the cloud differs from what may be believed.
    pub fn compare(&self, cloud: &Inventory) -> Result<(), String> {
        let vms = cloud.vms.iter().map(|vm| vm.id.as_str()).collect();
        same("VM", &vms, self.vms.iter().map(|(cid, there)| (cid, *there)))?;
        let snapshots = cloud.snapshots.iter().map(|it| it.id.as_str()).collect();
        same("snapshot", &snapshots, self.snapshots.iter().map(|(cid, there)| (cid, *there)))?;
        let (own, disks): (Vec<_>, Vec<_>) =
            cloud.volumes.iter().partition(|volume| is_part_of_a_vm(volume));
        let there = disks.iter().map(|disk| disk.id.as_str()).collect();
        same("disk", &there, self.disks.iter().map(|(cid, disk)| (cid, disk.there)))?;
        disks.iter().try_for_each(|volume| self.disks[&volume.id].compare(volume))?;
        for vm in &cloud.vms {
            let parts = own.iter().filter(|volume| volume.vm.as_ref() == Some(&vm.id)).count();
            if vm.state != "Running" || parts != 2 {
                return Err(format!("not whole: {vm:?} with {parts} disks of its own"));
            }
        }
        if own.len() != 2 * cloud.vms.len() {
            return Err(format!("disks of VMs that are gone: {own:?}"));
        }
        self.compare_the_rest(cloud)
    }

    fn compare_the_rest(&self, cloud: &Inventory) -> Result<(), String> {
        let Inventory { vms, volumes, snapshots, tags, .. } = cloud.clone();
        let stray = tags.iter().find(|tag| {
            let bears = [
                vms.iter().any(|vm| vm.id == tag.resource),
                volumes.iter().any(|volume| volume.id == tag.resource),
                snapshots.iter().any(|snapshot| snapshot.id == tag.resource),
            ];
            !bears.contains(&true)
        });
        let rest =
            Inventory { vms, volumes, snapshots, tags: tags.clone(), ..Inventory::default() };
        match (stray, rest == *cloud) {
            (None, true) => Ok(()),
            (Some(tag), _) => Err(format!("a tag of nothing: {tag:?}")),
            (None, false) => Err(format!("more than was answered: {cloud:?}")),
        }
    }
}

impl Disk {
    fn compare(&self, volume: &VolumeEntry) -> Result<(), String> {
        if self.at_last_on.contains(&volume.vm) && self.gib.contains(&(volume.size >> 30)) {
            return Ok(());
        }
        Err(format!("{volume:?} is believed to be {self:?}"))
    }
}

/// CloudStack names the disks that it makes with a VM itself.
fn is_part_of_a_vm(volume: &VolumeEntry) -> bool {
    volume.name.starts_with("ROOT-") || volume.name.starts_with("DATA-")
}

fn same<'a>(
    kind: &str,
    cloud: &BTreeSet<&str>,
    believed: impl Iterator<Item = (&'a String, There)>,
) -> Result<(), String> {
    let believed: BTreeMap<&str, There> =
        believed.map(|(cid, there)| (cid.as_str(), there)).collect();
    let stray = cloud.iter().find(|cid| !believed.get(**cid).is_some_and(|it| it.may_be()));
    let lost = believed.iter().find(|(cid, it)| **it == There::Yes && !cloud.contains(**cid));
    match (stray, lost) {
        (Some(cid), _) => Err(format!("{kind} {cid} is there")),
        (_, Some((cid, _))) => Err(format!("{kind} {cid} is not there")),
        _ => Ok(()),
    }
}
