//! What a director sends for one VM with a persistent disk, from its first deploy over a
//! recreate to its end.
//!
//! Source: director `cpi_and_agent_spec.rb` (order of calls), `metadata_updater.rb` (tags).

use super::stage::Stage;
use crate::hint::is_hint;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// The VM's address, in the network of the cloud's samples.
const HOST: u8 = 10;

/// The disk's size, where the cloud has disks so small.
const DISK_MIB: u64 = 10 * 1024;

/// Tells the story; the first thing that goes wrong ends it.
pub fn tell(stage: &mut Stage<'_>) -> Result<()> {
    let samples = stage.samples();
    let size = samples.disk_mib.max(DISK_MIB);
    let light = json!(["", samples.stemcell, {"tags": {}}]);
    let stemcell = text(stage.makes("create_stemcell", light, "a light stemcell")?)?;

    let vm = create_vm(stage, "agent-1", &stemcell, &[])?;
    agent_reads_its_settings(stage, &vm, "agent-1")?;
    let disk = json!([size, samples.disk, vm]);
    let about = format!("a persistent disk of {} GiB", size / 1024);
    let disk = text(stage.makes("create_disk", disk, &about)?)?;
    attach_disk(stage, &vm, &disk)?;
    let disks = stage.call("get_disks", json!([vm]), "what the VM holds")?;
    ensure!(disks == json!([disk]), "get_disks answers {disks}, not the disk that was attached");
    let there = stage.call("has_disk", json!([disk]), "as cloud-check asks")?;
    ensure!(there == json!(true), "has_disk does not find the disk");

    let snapshot = json!([disk, {"deployment": "demo", "job": "db", "index": 0,
        "instance_id": "i-1", "director_name": "demo", "agent_id": "agent-1"}]);
    let snapshot = text(stage.makes("snapshot_disk", snapshot, "before the change")?)?;
    stage.call("detach_disk", json!([vm, disk]), "to let it grow")?;
    let about = format!("from {} to {} GiB", size / 1024, size / 512);
    stage.call("resize_disk", json!([disk, size * 2]), &about)?;
    attach_disk(stage, &vm, &disk)?;

    stage.removes("delete_vm", &vm, "recreate: the disk stays")?;
    let gone = stage.call("has_vm", json!([vm]), "the old VM")?;
    ensure!(gone == json!(false), "the VM is still there after delete_vm");
    let vm = create_vm(stage, "agent-2", &stemcell, &[&disk])?;
    agent_reads_its_settings(stage, &vm, "agent-2")?;
    attach_disk(stage, &vm, &disk)?;
    let there = stage.call("has_vm", json!([vm]), "the new VM")?;
    ensure!(there == json!(true), "has_vm does not find the new VM");
    stage.call("reboot_vm", json!([vm]), "as cloud-check does")?;

    stage.removes("delete_snapshot", &snapshot, "the end: nothing may stay")?;
    stage.removes("delete_vm", &vm, "with its ephemeral disk")?;
    stage.removes("delete_disk", &disk, "the persistent one")?;
    stage.removes("delete_stemcell", &stemcell, "the image stays: it is not ours")
}

fn create_vm(stage: &mut Stage<'_>, agent: &str, stemcell: &str, disks: &[&str]) -> Result<String> {
    let samples = stage.samples();
    let address = samples.ip(HOST);
    let arguments = json!([
        agent,
        stemcell,
        samples.vm,
        {"default": {
            "type": "manual", "ip": address, "prefix": "32", "netmask": samples.netmask,
            "gateway": samples.gateway, "dns": ["8.8.8.8"], "default": ["dns", "gateway"],
            "cloud_properties": samples.network,
        }},
        disks,
        {"bosh": {"group": "demo-db", "tags": {}}},
    ]);
    let about = format!("{agent} at {address}, with an ephemeral disk");
    let created = stage.makes("create_vm", arguments, &about)?;
    let vm = text(created[0].clone())?;
    let mac = created[1]["default"]["mac"].as_str().unwrap_or_default();
    ensure!(!mac.is_empty(), "create_vm answers no MAC: {created}");
    let tags = json!({"director": "demo", "deployment": "demo", "instance_group": "db",
        "job": "db", "index": "0", "id": "i-1", "name": "db/i-1",
        "created_at": "2026-11-20T12:00:00Z"});
    stage.call("set_vm_metadata", json!([vm, tags]), "tags and the name db/i-1")?;
    Ok(vm)
}

fn attach_disk(stage: &mut Stage<'_>, vm: &str, disk: &str) -> Result<()> {
    let hint = stage.call("attach_disk", json!([vm, disk]), "and where the agent finds it")?;
    ensure!(is_hint(&hint), "attach_disk answers a hint of which the agent dies: {hint}");
    let tags = json!({"director": "demo", "deployment": "demo", "instance_id": "i-1",
        "instance_index": "0", "instance_group": "db", "attached_at": "2026-11-20T12:00:00Z"});
    stage.call("set_disk_metadata", json!([disk, tags]), "tags")?;
    Ok(())
}

/// Reads the settings where an agent in the VM would, and looks whether they are its own.
fn agent_reads_its_settings(stage: &mut Stage<'_>, vm: &str, agent: &str) -> Result<()> {
    let settings = stage.settings_of(vm).context("the agent cannot read its settings")?;
    let read = |pointer: &str| settings.pointer(pointer).and_then(Value::as_str);
    ensure!(read("/agent_id") == Some(agent), "the settings are not those of {agent}");
    ensure!(
        read("/networks/default/ip") == Some(&*stage.samples().ip(HOST)),
        "the settings lack the address"
    );
    ensure!(read("/mbus").is_some(), "the settings lack the message bus");
    let disk = settings.pointer("/disks/ephemeral");
    let disk = disk.and_then(|disk| disk.get("path").unwrap_or(disk).as_str());
    let disk = disk.context("the settings lack the ephemeral disk")?;
    stage.say(&format!(
        "the agent in the VM reads its settings: agent_id {agent}, ephemeral disk {disk}"
    ))
}

fn text(value: Value) -> Result<String> {
    let text = value.as_str().filter(|text| !text.is_empty());
    Ok(text.with_context(|| format!("no CID was answered, but {value}"))?.to_owned())
}
