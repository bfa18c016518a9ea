//! The steps, in the CLI's order.

use super::Manifest;
use super::stage::{Phase, Stage};
use anyhow::{Result, ensure};
use serde_json::{Value, json};

/// How often the state of the jobs is asked for before they are taken for failing.
const STATES: usize = 600;

/// What stands in the cloud between two runs of the CLI: its state file.
struct Environment {
    stemcell: String,
    vm: String,
    agent: String,
    /// The persistent disk, and its size in MiB.
    disk: Option<(String, u64)>,
}

/// Plays all of it; the first thing that goes wrong ends it.
pub fn play(stage: &mut Stage<'_>, manifest: &Manifest) -> Result<()> {
    stage.begin(Phase::Create)?;
    let first = create(stage, manifest)?;
    stage.begin(Phase::Recreate)?;
    let second = recreate(stage, manifest, first)?;
    stage.begin(Phase::Delete)?;
    delete(stage, second)
}

fn create(stage: &mut Stage<'_>, manifest: &Manifest) -> Result<Environment> {
    let info = stage.info()?;
    let formats = info.get("stemcell_formats").is_some_and(Value::is_array);
    ensure!(formats, "info answers no stemcell_formats: {info}");
    let (image, properties) = &manifest.stemcell;
    let image = match image {
        Some(path) => path.clone(),
        None => stage.empty_image()?,
    };
    let stemcell = stage.makes("create_stemcell", json!([image, properties]))?;
    let (vm, agent) = create_vm(stage, manifest, &stemcell, &[])?;
    let mut disk = None;
    if let Some((size, properties)) = &manifest.disk {
        let cid = stage.makes("create_disk", json!([size, properties, vm]))?;
        attach(stage, manifest, &vm, &cid)?;
        disk = Some((cid, *size));
    }
    run_jobs(stage, manifest)?;
    if let Some((disk, _)) = &disk {
        stage.check_written(disk, &[&agent])?;
    }
    Ok(Environment { stemcell, vm, agent, disk })
}

fn recreate(stage: &mut Stage<'_>, manifest: &Manifest, old: Environment) -> Result<Environment> {
    stage.info()?;
    delete_vm(stage, &old.vm)?;
    let disks: Vec<&str> = old.disk.iter().map(|(cid, _)| cid.as_str()).collect();
    let (vm, agent) = create_vm(stage, manifest, &old.stemcell, &disks)?;
    let mut disk = None;
    if let (Some((small, size)), Some((_, properties))) = (&old.disk, &manifest.disk) {
        attach(stage, manifest, &vm, small)?;
        let size = size * 2;
        let big = stage.makes("create_disk", json!([size, properties, vm]))?;
        attach(stage, manifest, &vm, &big)?;
        stage.tell("migrate_disk", json!([]))?;
        stage.tell("remove_persistent_disk", json!([small]))?;
        stage.call("detach_disk", json!([vm, small]))?;
        stage.removes("delete_disk", small)?;
        let mounted = stage.tell("list_disk", json!([]))?;
        ensure!(mounted == json!([big]), "after the migration {mounted} is mounted, not {big}");
        disk = Some((big, size));
    }
    run_jobs(stage, manifest)?;
    if let Some((disk, _)) = &disk {
        stage.check_written(disk, &[&old.agent, &agent])?;
    }
    Ok(Environment { stemcell: old.stemcell, vm, agent, disk })
}

fn delete(stage: &mut Stage<'_>, old: Environment) -> Result<()> {
    stage.info()?;
    delete_vm(stage, &old.vm)?;
    if let Some((disk, _)) = &old.disk {
        stage.removes("delete_disk", disk)?;
    }
    stage.removes("delete_stemcell", &old.stemcell)?;
    let there = stage.call("has_vm", json!([old.vm]))?;
    ensure!(there == json!(false), "has_vm finds the VM after delete_vm");
    if let Some((disk, _)) = &old.disk {
        let there = stage.call("has_disk", json!([disk]))?;
        ensure!(there == json!(false), "has_disk finds the disk after delete_disk");
    }
    Ok(())
}

/// A VM whose agent answers: its CID, and the agent's id.
fn create_vm(
    stage: &mut Stage<'_>,
    manifest: &Manifest,
    stemcell: &str,
    disks: &[&str],
) -> Result<(String, String)> {
    let agent = uuid::Uuid::new_v4().to_string();
    let vm = stage.makes(
        "create_vm",
        json!(
            [agent, stemcell, manifest.cloud_properties, manifest.networks, disks, manifest.env,]
        ),
    )?;
    let Manifest { name, group, .. } = manifest;
    let tags = json!({"director": "bosh-init", "deployment": name, "instance_group": group,
        "job": group, "index": "0", "name": format!("{group}/0")});
    stage.call("set_vm_metadata", json!([vm, tags]))?;
    stage.ping()?;
    Ok((vm, agent))
}

/// Attaches and mounts a disk.
fn attach(stage: &mut Stage<'_>, manifest: &Manifest, vm: &str, disk: &str) -> Result<()> {
    let hint = stage.call("attach_disk", json!([vm, disk]))?;
    let tags = json!({"director": "bosh-init", "deployment": manifest.name,
        "instance_group": manifest.group, "instance_index": "0"});
    stage.call("set_disk_metadata", json!([disk, tags]))?;
    stage.ping()?;
    if !hint.is_null() {
        stage.tell("add_persistent_disk", json!([disk, hint]))?;
    }
    stage.tell("mount_disk", json!([disk])).map(drop)
}

/// Applies the jobs twice, as the CLI does: empty at first, then with what it has rendered.
fn run_jobs(stage: &mut Stage<'_>, manifest: &Manifest) -> Result<()> {
    let Manifest { name, group, networks, .. } = manifest;
    let mut spec = json!({"deployment": name, "name": group, "index": 0, "packages": {},
        "networks": networks, "job": {"name": group, "templates": []}, "configuration_hash": ""});
    stage.tell("apply", json!([spec]))?;
    stage.tell("get_state", json!([]))?;
    let blob = uuid::Uuid::new_v4().to_string();
    stage.keep_blob(&blob, format!("rendered templates of {group}").as_bytes())?;
    spec["configuration_hash"] = json!("rehearsed");
    stage.tell("stop", json!([]))?;
    stage.tell("apply", json!([spec]))?;
    stage.tell("run_script", json!(["pre-start", {}]))?;
    stage.tell("start", json!([]))?;
    until_running(stage)?;
    stage.tell("run_script", json!(["post-start", {}])).map(drop)
}

fn until_running(stage: &mut Stage<'_>) -> Result<()> {
    let mut state = Value::Null;
    for _ in 0..STATES {
        state = stage.tell("get_state", json!([]))?["job_state"].clone();
        if state == json!("running") {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    anyhow::bail!("the jobs do not run: their state is {state}")
}

/// Stops the jobs, unmounts the disks, and deletes the VM.
fn delete_vm(stage: &mut Stage<'_>, vm: &str) -> Result<()> {
    let there = stage.call("has_vm", json!([vm]))?;
    ensure!(there == json!(true), "has_vm does not find the VM");
    stage.ping()?;
    stage.tell("run_script", json!(["pre-stop", {}]))?;
    stage.tell("drain", json!(["shutdown"]))?;
    stage.tell("stop", json!([]))?;
    stage.tell("run_script", json!(["post-stop", {}]))?;
    let mounted = stage.tell("list_disk", json!([]))?;
    for disk in mounted.as_array().into_iter().flatten() {
        stage.tell("unmount_disk", json!([disk]))?;
    }
    stage.removes("delete_vm", vm)
}
