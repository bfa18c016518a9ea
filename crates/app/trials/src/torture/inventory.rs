//! What a cloud holds, as far as a director would count it.

use crate::cloud::{Cloud, CloudStack};
use serde_json::Value;
use std::collections::BTreeSet;

/// Things by kind and id: VMs, volumes with the VM they are attached to, snapshots, the account's
/// own templates in each zone, networks, public addresses with the VM they lead to, rules. A VM's root
/// and ephemeral disks count as part of it while they are attached to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory(BTreeSet<String>);

impl Inventory {
    /// What the cloud holds now.
    pub fn of(cloud: &dyn Cloud) -> Self {
        Self(cloud.things())
    }

    /// The same with something that goes by its name.
    pub fn with_named(&self, kind: &str, name: &str) -> Self {
        self.with(named(kind, name))
    }

    /// The same with a VM.
    pub fn with_vm(&self, id: &str) -> Self {
        self.with(format!("VM {id}"))
    }

    /// The same with a volume that is attached to nothing.
    pub fn with_volume(&self, id: &str) -> Self {
        self.with(volume_text(id, None))
    }

    /// The same with snapshot space of a volume.
    pub fn with_space(&self, volume: &str) -> Self {
        self.with(format!("snapshot-space {volume}"))
    }

    /// The same with a registered key.
    pub fn with_key(&self) -> Self {
        self.with("key".to_owned())
    }

    /// The same with a global address that leads to another.
    pub fn with_route(&self, from: &str, to: &str) -> Self {
        self.with(format!("address {from} leads to {to}"))
    }

    /// The same with a snapshot.
    pub fn with_snapshot(&self, id: &str) -> Self {
        self.with(format!("snapshot {id}"))
    }

    /// The same with a template that is ready in a zone.
    pub fn with_template(&self, id: &str, zone: &str) -> Self {
        self.with(format!("template {id} in {zone}"))
    }

    /// The same with a template from which a second stemcell is made.
    pub fn with_marked_template(&self, id: &str, zone: &str) -> Self {
        self.with(format!("template {id} in {zone}, marked once"))
    }

    /// The same with a public address that leads to a VM.
    pub fn with_address_of(&self, ip: &str, vm: &str) -> Self {
        self.with(address_text(ip, Some(vm)))
    }

    /// The same with a firewall rule.
    pub fn with_rule(&self, ip: &str, protocol: &str, port: u64) -> Self {
        self.with(rule_text(ip, protocol, port))
    }

    /// The same without the public addresses that lead to a VM, and what they let in.
    pub fn without_addresses_of(&self, vm: &str) -> Self {
        let led = format!(" leads to VM {vm}");
        let ips: Vec<&str> = self
            .0
            .iter()
            .filter_map(|thing| thing.strip_suffix(&led)?.strip_prefix("address "))
            .collect();
        let goes = |thing: &&String| {
            thing.ends_with(&led)
                || ips.iter().any(|ip| thing.starts_with(&format!("firewall {ip}:")))
        };
        Self(self.0.iter().filter(|thing| !goes(thing)).cloned().collect())
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

/// What a CloudStack holds now.
pub fn cloudstack_things(cloud: &CloudStack) -> BTreeSet<String> {
    let mut things = BTreeSet::new();
    for vm in rows(cloud, "listVirtualMachines") {
        things.insert(vm_text(&vm));
    }
    for volume in rows(cloud, "listVolumes") {
        if !is_part_of_a_vm(&volume) {
            things.insert(volume_text(&text(&volume, "id"), attached_to(&volume)));
        }
    }
    for snapshot in rows(cloud, "listSnapshots") {
        things.insert(format!("snapshot {}", text(&snapshot, "id")));
    }
    for address in rows(cloud, "listPublicIpAddresses") {
        if address.get("issourcenat") != Some(&Value::Bool(true)) {
            let vm = address.get("virtualmachineid").and_then(Value::as_str);
            things.insert(address_text(&text(&address, "ipaddress"), vm));
        }
    }
    for rule in rows(cloud, "listFirewallRules") {
        let port = rule.get("startport").and_then(Value::as_u64).unwrap_or_default();
        things.insert(rule_text(&text(&rule, "ipaddress"), &text(&rule, "protocol"), port));
    }
    for template in own_templates(cloud) {
        things.insert(template_text(&template));
    }
    for network in rows(cloud, "listNetworks") {
        things.insert(named("network", &text(&network, "id")));
    }
    for (command, kind) in [
        ("listLoadBalancerRules", "balancer"),
        ("listAffinityGroups", "affinity-group"),
        ("listSecurityGroups", "security-group"),
        ("listSSHKeyPairs", "key-pair"),
    ] {
        let names = rows(cloud, command).into_iter().map(|row| text(&row, "name"));
        things.extend(names.filter(|name| name != "default").map(|name| named(kind, &name)));
    }
    things
}

fn rows(cloud: &CloudStack, command: &str) -> Vec<Value> {
    cloud.rows(command, &[("listall", "true")])
}

/// With those that wait for their image, and those that failed.
fn own_templates(cloud: &CloudStack) -> Vec<Value> {
    cloud.rows("listTemplates", &[("templatefilter", "self")])
}

fn vm_text(vm: &Value) -> String {
    let id = text(vm, "id");
    match text(vm, "state").as_str() {
        "Error" => format!("VM {id} in state Error"),
        "Destroyed" | "Expunging" => format!("VM {id}, destroyed but not expunged"),
        _ => format!("VM {id}"),
    }
}

fn template_text(template: &Value) -> String {
    let text = format!("template {} in {}", text(template, "id"), text(template, "zonename"));
    let tags = template.get("tags").and_then(Value::as_array).into_iter().flatten();
    let is_mark =
        |tag: &&Value| tag["key"].as_str().is_some_and(|k| k.starts_with("bosh-stemcell-"));
    match (template.get("isready"), tags.filter(is_mark).count()) {
        (Some(Value::Bool(true)), 0) => text,
        (Some(Value::Bool(true)), 1) => format!("{text}, marked once"),
        (Some(Value::Bool(true)), marks) => format!("{text}, marked {marks} times"),
        _ => format!("{text}, not ready"),
    }
}

fn volume_text(id: &str, vm: Option<&str>) -> String {
    match vm {
        Some(vm) => format!("volume {id} on VM {vm}"),
        None => format!("volume {id}"),
    }
}

fn address_text(ip: &str, vm: Option<&str>) -> String {
    match vm {
        Some(vm) => format!("address {ip} leads to VM {vm}"),
        None => format!("address {ip}"),
    }
}

fn rule_text(ip: &str, protocol: &str, port: u64) -> String {
    format!("firewall {ip}:{protocol}/{port}")
}

fn named(kind: &str, name: &str) -> String {
    format!("{kind} {name}")
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
