//! The methods under trial on SoftLayer, where most of what is made is ordered and paid for.

use super::inventory::Inventory;
use super::scenario::{self, Scenario};
use super::stage::Stage;
use anyhow::Result;
use serde_json::{Value, json};

/// A method that is tried as on any cloud.
const fn usual(
    method: &'static str,
    prepare: fn(&Stage) -> Result<Value>,
    done: fn(&Inventory, &Value, &Value) -> Inventory,
) -> Scenario {
    Scenario { method, prepare, done, may_be_done: false }
}

/// A method that takes something away, and is asked for again if it failed.
const fn taking(
    method: &'static str,
    prepare: fn(&Stage) -> Result<Value>,
    done: fn(&Inventory, &Value, &Value) -> Inventory,
) -> Scenario {
    Scenario { method, prepare, done, may_be_done: true }
}

/// Every method that asks SoftLayer for anything.
pub const SCENARIOS: &[Scenario] = &[
    usual("create_stemcell", scenario::template, scenario::same),
    usual("delete_stemcell", scenario::stemcell, scenario::same),
    usual("create_vm", scenario::new_vm, scenario::plus_vm),
    usual("create_vm", vm_with_all, plus_all),
    usual("create_vm", new_server, scenario::plus_vm),
    taking("delete_vm", scenario::vm_with_disk, scenario::minus_vm),
    taking("delete_vm", made_with_all, minus_all),
    taking("delete_vm", server, scenario::minus_vm),
    usual("has_vm", scenario::vm, scenario::same),
    usual("reboot_vm", scenario::vm, scenario::same),
    usual("set_vm_metadata", scenario::vm_and_tags, scenario::same),
    usual("create_disk", scenario::new_disk, scenario::plus_disk),
    usual("create_disk", disk_with_space, plus_disk_with_space),
    taking("delete_disk", scenario::disk, scenario::minus_first),
    usual("has_disk", scenario::disk, scenario::same),
    usual("attach_disk", scenario::vm_and_disk, scenario::attached),
    taking("detach_disk", scenario::attached_pair, scenario::detached),
    usual("set_disk_metadata", scenario::disk_and_tags, scenario::same),
    usual("resize_disk", scenario::disk_and_size, scenario::same),
    usual("update_disk", disk_and_speed, scenario::same),
    usual("get_disks", scenario::vm, scenario::same),
    usual("snapshot_disk", scenario::used_disk, plus_snapshot),
    taking("delete_snapshot", scenario::snapshot, scenario::minus_first),
    usual("calculate_vm_cloud_properties", needs, scenario::same),
];

fn needs(_: &Stage) -> Result<Value> {
    Ok(json!([{"cpu": 1, "ram": 512, "ephemeral_disk_size": 2048}]))
}

/// A global address of the built-in world.
const GLOBAL: &str = "192.0.2.10";

/// A VM on both networks, with a key that has to be registered and a global address.
fn vm_with_all(stage: &Stage) -> Result<Value> {
    let mut arguments = scenario::new_vm(stage)?;
    arguments[2]["public_key"] = json!("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 torture");
    arguments[3]["public"] =
        json!({"type": "dynamic", "cloud_properties": stage.samples.second_network});
    arguments[3]["front"] = json!({"type": "vip", "ip": GLOBAL, "cloud_properties": {}});
    Ok(arguments)
}

fn made_with_all(stage: &Stage) -> Result<Value> {
    let created = stage.ask("create_vm", vm_with_all(stage)?)?;
    Ok(json!([created[0]]))
}

/// The key stays, for the next VM.
fn plus_all(before: &Inventory, arguments: &Value, result: &Value) -> Inventory {
    let public = scenario::text(&result[1]["public"]["ip"]);
    scenario::plus_vm(before, arguments, result).with_key().with_route(GLOBAL, public)
}

fn minus_all(before: &Inventory, arguments: &Value, result: &Value) -> Inventory {
    scenario::minus_vm(&before.without(GLOBAL), arguments, result)
}

/// A server of metal.
fn new_server(stage: &Stage) -> Result<Value> {
    let mut arguments = scenario::new_vm(stage)?;
    arguments[2] = json!({
        "bare_metal": true, "bare_metal_preset": "S1270_32GB_1X1TBSATA_NORAID",
        "bare_metal_os": "OS_UBUNTU_22_04_LTS_JAMMY_JELLYFISH_64_BIT",
    });
    arguments[3] = json!({"default": {
        "type": "dynamic", "cloud_properties": stage.samples.network,
        "default": ["dns", "gateway"],
    }});
    Ok(arguments)
}

fn server(stage: &Stage) -> Result<Value> {
    let created = stage.ask("create_vm", new_server(stage)?)?;
    Ok(json!([created[0]]))
}

fn disk_with_space(stage: &Stage) -> Result<Value> {
    Ok(json!([stage.samples.disk_mib, {"snapshot_space": 20, "tier": 2}, null]))
}

fn plus_disk_with_space(before: &Inventory, arguments: &Value, result: &Value) -> Inventory {
    scenario::plus_disk(before, arguments, result).with_space(scenario::text(result))
}

fn disk_and_speed(stage: &Stage) -> Result<Value> {
    Ok(json!([scenario::make_disk(stage)?, stage.samples.disk_mib, {"iops": 500}]))
}

/// The first snapshot of a disk buys space, which stays.
fn plus_snapshot(before: &Inventory, arguments: &Value, result: &Value) -> Inventory {
    let disk = scenario::text(&arguments[0]);
    scenario::plus_snapshot(before, arguments, result).with_space(disk)
}
