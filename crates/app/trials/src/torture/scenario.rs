//! The methods under trial: what must be there first, and what each leaves.

use super::inventory::Inventory;
use super::stage::Stage;
use super::{heavy, reach, softlayer};
use crate::cloud::Plugin;
use anyhow::Result;
use serde_json::{Value, json};

/// A method under trial.
pub struct Scenario {
    /// Its name.
    pub method: &'static str,
    /// Makes what the method works on, and gives its arguments.
    pub prepare: fn(&Stage) -> Result<Value>,
    /// What a call leaves that was answered with this result.
    pub done: fn(before: &Inventory, arguments: &Value, result: &Value) -> Inventory,
    /// Whether a call that was not answered with success may have done its work all the same:
    /// what a director deletes or detaches it asks for again.
    pub may_be_done: bool,
}

/// Every method that asks this cloud for anything.
pub fn scenarios(cloud: Plugin) -> &'static [Scenario] {
    match cloud {
        Plugin::Cloudstack => CLOUDSTACK,
        Plugin::Softlayer => softlayer::SCENARIOS,
    }
}

const CLOUDSTACK: &[Scenario] = &[
    Scenario { method: "create_stemcell", prepare: template, done: same, may_be_done: false },
    Scenario { method: "delete_stemcell", prepare: stemcell, done: same, may_be_done: false },
    Scenario {
        method: "create_stemcell",
        prepare: heavy::upload,
        done: heavy::plus_template,
        may_be_done: false,
    },
    Scenario {
        method: "create_stemcell",
        prepare: heavy::two_zones,
        done: heavy::plus_two,
        may_be_done: false,
    },
    Scenario {
        method: "create_stemcell",
        prepare: heavy::url,
        done: heavy::plus_template,
        may_be_done: false,
    },
    Scenario {
        method: "create_stemcell",
        prepare: heavy::published,
        done: heavy::plus_template,
        may_be_done: false,
    },
    Scenario {
        method: "create_stemcell",
        prepare: heavy::volume,
        done: heavy::plus_two,
        may_be_done: false,
    },
    Scenario {
        method: "create_stemcell",
        prepare: heavy::again,
        done: heavy::plus_mark,
        may_be_done: false,
    },
    Scenario {
        method: "delete_stemcell",
        prepare: heavy::last,
        done: heavy::minus_template,
        may_be_done: true,
    },
    Scenario {
        method: "delete_stemcell",
        prepare: heavy::imported,
        done: minus_first,
        may_be_done: true,
    },
    Scenario { method: "create_vm", prepare: new_vm, done: plus_vm, may_be_done: false },
    Scenario { method: "create_vm", prepare: grouped_vm, done: plus_groups, may_be_done: false },
    Scenario { method: "delete_vm", prepare: vm_with_disk, done: minus_vm, may_be_done: true },
    Scenario {
        method: "create_vm",
        prepare: reach::new_vm,
        done: reach::plus_vm,
        may_be_done: false,
    },
    Scenario { method: "delete_vm", prepare: reach::vm, done: reach::minus_vm, may_be_done: true },
    Scenario {
        method: "create_vm",
        prepare: reach::new_vm_with_all,
        done: reach::plus_vm_with_all,
        may_be_done: false,
    },
    Scenario {
        method: "delete_vm",
        prepare: reach::vm_with_all,
        done: reach::minus_vm,
        may_be_done: true,
    },
    Scenario {
        method: "create_network",
        prepare: reach::new_network,
        done: reach::plus_network,
        may_be_done: false,
    },
    Scenario {
        method: "delete_network",
        prepare: reach::network,
        done: minus_first,
        may_be_done: true,
    },
    Scenario { method: "has_vm", prepare: vm, done: same, may_be_done: false },
    Scenario { method: "reboot_vm", prepare: vm, done: same, may_be_done: false },
    Scenario { method: "set_vm_metadata", prepare: vm_and_tags, done: same, may_be_done: false },
    Scenario { method: "create_disk", prepare: new_disk, done: plus_disk, may_be_done: false },
    Scenario { method: "delete_disk", prepare: disk, done: minus_first, may_be_done: true },
    Scenario { method: "has_disk", prepare: disk, done: same, may_be_done: false },
    Scenario { method: "attach_disk", prepare: vm_and_disk, done: attached, may_be_done: false },
    Scenario { method: "detach_disk", prepare: attached_pair, done: detached, may_be_done: true },
    Scenario {
        method: "set_disk_metadata",
        prepare: disk_and_tags,
        done: same,
        may_be_done: false,
    },
    Scenario { method: "resize_disk", prepare: disk_and_size, done: same, may_be_done: false },
    Scenario { method: "get_disks", prepare: vm, done: same, may_be_done: false },
    Scenario {
        method: "snapshot_disk",
        prepare: used_disk,
        done: plus_snapshot,
        may_be_done: false,
    },
    Scenario { method: "delete_snapshot", prepare: snapshot, done: minus_first, may_be_done: true },
    Scenario {
        method: "calculate_vm_cloud_properties",
        prepare: |_| Ok(json!([{"cpu": 1, "ram": 512, "ephemeral_disk_size": 2048}])),
        done: same,
        may_be_done: false,
    },
];

pub(super) fn template(stage: &Stage) -> Result<Value> {
    stage.stemcell_arguments()
}

pub(super) fn stemcell(stage: &Stage) -> Result<Value> {
    let arguments = stage.stemcell_arguments()?;
    Ok(json!([stage.ask("create_stemcell", arguments)?]))
}

pub(super) fn new_vm(stage: &Stage) -> Result<Value> {
    let samples = &stage.samples;
    let stemcell = stage.ask("create_stemcell", stage.stemcell_arguments()?)?;
    let networks = json!({"default": {
        "type": "manual", "ip": samples.ip(30), "netmask": samples.netmask,
        "gateway": samples.gateway, "default": ["dns", "gateway"], "dns": ["8.8.8.8"],
        "cloud_properties": samples.network,
    }});
    let properties = &samples.vm;
    let env = json!({"bosh": {"group": "torture", "password": "*"}});
    Ok(json!(["agent-1", stemcell, properties, networks, [], env]))
}

/// A VM for which an affinity group, a security group with rules and a key have to be made.
pub(super) fn grouped_vm(stage: &Stage) -> Result<Value> {
    let mut arguments = new_vm(stage)?;
    arguments[3] = json!({"default": {
        "type": "dynamic", "default": ["dns", "gateway"], "cloud_properties": {"name": "sgnet"},
    }});
    for (key, value) in [
        ("zone", json!("advsg2")),
        ("affinity_group", json!("torture")),
        ("security_groups", json!(["torture"])),
        ("security_groups_create", json!(true)),
        ("security_group_rules", json!({"torture": [{"ports": 22}, {"group": "torture"}]})),
        ("key_name", json!("torture")),
        ("public_key", json!("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 torture")),
    ] {
        arguments[2][key] = value;
    }
    Ok(arguments)
}

pub(super) fn make_vm(stage: &Stage) -> Result<Value> {
    let created = stage.ask("create_vm", new_vm(stage)?)?;
    Ok(created.get(0).cloned().unwrap_or(created))
}

pub(super) fn vm(stage: &Stage) -> Result<Value> {
    Ok(json!([make_vm(stage)?]))
}

pub(super) fn vm_and_tags(stage: &Stage) -> Result<Value> {
    let vm = make_vm(stage)?;
    stage.ask("set_vm_metadata", json!([vm, {"job": "router", "name": "router/0"}]))?;
    Ok(json!([vm, {"job": "proxy", "index": 0, "name": "proxy/0"}]))
}

pub(super) fn new_disk(stage: &Stage) -> Result<Value> {
    Ok(json!([stage.samples.disk_mib, stage.samples.disk, null]))
}

pub(super) fn make_disk(stage: &Stage) -> Result<Value> {
    stage.ask("create_disk", new_disk(stage)?)
}

pub(super) fn disk(stage: &Stage) -> Result<Value> {
    Ok(json!([make_disk(stage)?]))
}

pub(super) fn disk_and_tags(stage: &Stage) -> Result<Value> {
    let disk = make_disk(stage)?;
    stage.ask("set_disk_metadata", json!([disk, {"instance_id": "1"}]))?;
    Ok(json!([disk, {"instance_id": "2", "deployment": "cf"}]))
}

pub(super) fn disk_and_size(stage: &Stage) -> Result<Value> {
    Ok(json!([make_disk(stage)?, stage.samples.disk_mib * 2]))
}

pub(super) fn vm_and_disk(stage: &Stage) -> Result<Value> {
    Ok(json!([make_vm(stage)?, make_disk(stage)?]))
}

pub(super) fn attached_pair(stage: &Stage) -> Result<Value> {
    let pair = vm_and_disk(stage)?;
    stage.ask("attach_disk", pair.clone())?;
    Ok(pair)
}

pub(super) fn vm_with_disk(stage: &Stage) -> Result<Value> {
    Ok(json!([attached_pair(stage)?[0]]))
}

/// A volume has no storage to take a snapshot of until it was attached once.
pub(super) fn used_disk(stage: &Stage) -> Result<Value> {
    Ok(json!([attached_pair(stage)?[1], {"index": 0, "job": "db"}]))
}

pub(super) fn snapshot(stage: &Stage) -> Result<Value> {
    Ok(json!([stage.ask("snapshot_disk", used_disk(stage)?)?]))
}

pub(super) fn same(before: &Inventory, _: &Value, _: &Value) -> Inventory {
    before.clone()
}

pub(super) fn plus_vm(before: &Inventory, _: &Value, result: &Value) -> Inventory {
    before.with_vm(text(result.get(0).unwrap_or(result)))
}

/// The groups and the key stay, for the next VM.
pub(super) fn plus_groups(before: &Inventory, arguments: &Value, result: &Value) -> Inventory {
    ["affinity-group", "security-group", "key-pair"]
        .iter()
        .fold(plus_vm(before, arguments, result), |all, kind| all.with_named(kind, "torture"))
}

pub(super) fn plus_disk(before: &Inventory, _: &Value, result: &Value) -> Inventory {
    before.with_volume(text(result))
}

pub(super) fn plus_snapshot(before: &Inventory, _: &Value, result: &Value) -> Inventory {
    before.with_snapshot(text(result))
}

pub(super) fn minus_vm(before: &Inventory, arguments: &Value, _: &Value) -> Inventory {
    before.without_vm(text(&arguments[0]))
}

pub(super) fn minus_first(before: &Inventory, arguments: &Value, _: &Value) -> Inventory {
    before.without(text(&arguments[0]))
}

pub(super) fn attached(before: &Inventory, arguments: &Value, _: &Value) -> Inventory {
    before.with_attachment(text(&arguments[1]), text(&arguments[0]))
}

pub(super) fn detached(before: &Inventory, arguments: &Value, _: &Value) -> Inventory {
    before.with_detached(text(&arguments[1]))
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
