//! What a cloud holds, as far as a director would count it.

use serde_json::Value;
use simulator::Running;
use std::collections::BTreeSet;

/// Things by kind and id: VMs, volumes with the VM they are attached to, snapshots. A VM's root
/// and ephemeral disks count as part of it while they are attached to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory(BTreeSet<String>);

impl Inventory {
    /// What the cloud holds now.
    pub fn of(cloud: &Running, account: &str) -> Self {
        let mut things = BTreeSet::new();
        for vm in rows(cloud, account, "listVirtualMachines") {
            things.insert(vm_text(&vm));
        }
        for volume in rows(cloud, account, "listVolumes") {
            if !is_part_of_a_vm(&volume) {
                things.insert(volume_text(&text(&volume, "id"), attached_to(&volume)));
            }
        }
        for snapshot in rows(cloud, account, "listSnapshots") {
            things.insert(format!("snapshot {}", text(&snapshot, "id")));
        }
        for address in rows(cloud, account, "listPublicIpAddresses") {
            if address.get("issourcenat") != Some(&Value::Bool(true)) {
                things.insert(format!("address {}", text(&address, "id")));
            }
        }
        Self(things)
    }

    /// The same with a VM.
    pub fn with_vm(&self, id: &str) -> Self {
        self.with(format!("VM {id}"))
    }

    /// The same with a volume that is attached to nothing.
    pub fn with_volume(&self, id: &str) -> Self {
        self.with(volume_text(id, None))
    }

    /// The same with a snapshot.
    pub fn with_snapshot(&self, id: &str) -> Self {
        self.with(format!("snapshot {id}"))
    }

    /// The same, but a volume is attached.
    pub fn with_attachment(&self, volume: &str, vm: &str) -> Self {
        self.without(volume).with(volume_text(volume, Some(vm)))
    }

    /// The same, but a volume is attached to nothing.
    pub fn with_detached(&self, volume: &str) -> Self {
        self.without(volume).with_volume(volume)
    }

    /// The same without a VM, and with what was attached to it detached.
    pub fn without_vm(&self, id: &str) -> Self {
        let attached = format!(" on VM {id}");
        let kept = self.without(id).0;
        let detached =
            self.0.iter().filter_map(|thing| thing.strip_suffix(&attached)).map(str::to_owned);
        Self(kept.into_iter().filter(|thing| !thing.ends_with(&attached)).chain(detached).collect())
    }

    /// The same without the VM, volume or snapshot of this id.
    pub fn without(&self, id: &str) -> Self {
        let is = |thing: &&String| thing.split(' ').nth(1) == Some(id);
        Self(self.0.iter().filter(|thing| !is(thing)).cloned().collect())
    }

    /// What is here and not there.
    pub fn beyond(&self, other: &Self) -> Vec<String> {
        self.0.difference(&other.0).cloned().collect()
    }

    fn with(&self, thing: String) -> Self {
        let mut things = self.0.clone();
        things.insert(thing);
        Self(things)
    }
}

fn rows(cloud: &Running, account: &str, command: &str) -> Vec<Value> {
    let (_, body) = cloud.call(account, command, &[("listall", "true")]);
    let answer = body.as_object().and_then(|body| body.values().next());
    let list = answer.and_then(|answer| answer.as_object()?.values().find(|v| v.is_array()));
    list.and_then(Value::as_array).cloned().unwrap_or_default()
}

fn vm_text(vm: &Value) -> String {
    let id = text(vm, "id");
    match text(vm, "state").as_str() {
        "Error" => format!("VM {id} in state Error"),
        "Destroyed" | "Expunging" => format!("VM {id}, destroyed but not expunged"),
        _ => format!("VM {id}"),
    }
}

fn volume_text(id: &str, vm: Option<&str>) -> String {
    match vm {
        Some(vm) => format!("volume {id} on VM {vm}"),
        None => format!("volume {id}"),
    }
}

fn attached_to(volume: &Value) -> Option<&str> {
    volume.get("virtualmachineid").and_then(Value::as_str)
}

/// CloudStack names the disks that it makes with a VM itself.
fn is_part_of_a_vm(volume: &Value) -> bool {
    let name = text(volume, "name");
    attached_to(volume).is_some() && (name.starts_with("ROOT-") || name.starts_with("DATA-"))
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
