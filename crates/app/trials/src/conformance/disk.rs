//! D: disks and snapshots.

use super::Check;
use super::bench::{Bench, holds, is_kind, same, text};
use super::protocol::is_hint;
use anyhow::{Context, Result};
use serde_json::{Value, json};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "D1",
        what: "disks with and without a VM nearby; sizes round up; a wrong type is told",
        run: create,
    },
    Check {
        id: "D2",
        what: "attach is idempotent; detach of what is not attached is told",
        run: attach,
    },
    Check { id: "D3", what: "a VM that is deleted leaves its persistent disks", run: keep },
    Check { id: "D4", what: "delete: missing is fine, attached is refused", run: delete },
    Check { id: "D5", what: "disk metadata stands on the volume", run: metadata },
    Check { id: "D6", what: "resize: equal, smaller, larger", run: resize },
    Check { id: "D7", what: "snapshots, with metadata of any kind; delete twice", run: snapshots },
    Check {
        id: "D8",
        what: "resources become cloud_properties; too many are refused",
        run: calculate,
    },
];

fn create(bench: &Bench) -> Result<()> {
    let vm = bench.vm()?;
    let samples = &bench.samples;
    let (mib, gib) = samples.rounds;
    for near in [json!(null), json!(""), json!(vm)] {
        let disk = text(&bench.ask("create_disk", json!([mib, samples.disk, near]))?)?;
        let seen = bench.seen_disk(&disk)?;
        holds(seen.gib == gib, &format!("{mib} MiB are {} GiB, not {gib}", seen.gib))?;
    }
    let large = json!([samples.large, samples.disk, null]);
    bench.ask("create_disk", large).with_context(|| format!("{} MiB", samples.large))?;
    for (mib, wrong) in &samples.no_disks {
        bench.refused("create_disk", json!([mib, wrong, null])).context(wrong.to_string())?;
    }
    Ok(())
}

fn attach(bench: &Bench) -> Result<()> {
    let (vm, disk) = (bench.vm()?, bench.disk()?);
    same(&bench.ask("has_disk", json!([disk]))?, &json!(true))?;
    same(&bench.ask("has_disk", json!([bench.samples.nothing]))?, &json!(false))?;
    let hint = bench.ask("attach_disk", json!([vm, disk]))?;
    is_hint(&hint)?;
    same(&bench.ask("attach_disk", json!([vm, disk]))?, &hint).context("attached again")?;
    same(&bench.ask("get_disks", json!([vm]))?, &json!([disk]))?;
    bench.ask("detach_disk", json!([vm, disk]))?;
    bench.ask_or("detach_disk", json!([vm, disk]), "Bosh::Clouds::DiskNotAttached")?;
    same(&bench.ask("get_disks", json!([vm]))?, &json!([]))?;
    let error = bench.refused("attach_disk", json!([vm, bench.samples.nothing]))?;
    is_kind(&error, "Bosh::Clouds::DiskNotFound")?;
    let error = bench.refused("attach_disk", json!([bench.samples.nothing, disk]))?;
    is_kind(&error, "Bosh::Clouds::VMNotFound")
}

fn keep(bench: &Bench) -> Result<()> {
    let (vm, disk) = bench.attached()?;
    bench.ask("delete_vm", json!([vm]))?;
    same(&bench.ask("has_disk", json!([disk]))?, &json!(true))?;
    let disks = bench.cloud.disks();
    holds(disks == 1, &format!("{disks} volumes are left"))?;
    let next = bench.vm()?;
    is_hint(&bench.ask("attach_disk", json!([next, disk]))?)
}

fn delete(bench: &Bench) -> Result<()> {
    bench.ask_or("delete_disk", json!([bench.samples.nothing]), "Bosh::Clouds::DiskNotFound")?;
    let (vm, disk) = bench.attached()?;
    bench.refused("delete_disk", json!([disk])).context("while attached")?;
    bench.ask("detach_disk", json!([vm, disk]))?;
    bench.ask("delete_disk", json!([disk]))?;
    same(&bench.ask("has_disk", json!([disk]))?, &json!(false))?;
    bench.ask_or("delete_disk", json!([disk]), "Bosh::Clouds::DiskNotFound")
}

fn metadata(bench: &Bench) -> Result<()> {
    let disk = bench.disk()?;
    bench.ask("set_disk_metadata", json!([disk, {"deployment": "cf", "instance_index": 3}]))?;
    let tags = bench.seen_disk(&disk)?.tags;
    let has = |key: &str, value: &str| tags.get(key).is_some_and(|its| its == value);
    holds(has("deployment", "cf") && has("instance_index", "3"), &format!("{tags:?}"))
}

fn resize(bench: &Bench) -> Result<()> {
    let disk = bench.disk()?;
    let size = bench.samples.disk_mib;
    bench.ask("resize_disk", json!([disk, size])).context("to the same size")?;
    bench.ask("resize_disk", json!([disk, size + 2000]))?;
    let (gib, wanted) = (bench.seen_disk(&disk)?.gib, (size + 2000).div_ceil(1024));
    holds(gib == wanted, &format!("the disk has {gib} GiB, not {wanted}"))?;
    let error = bench.refused("resize_disk", json!([disk, size])).context("smaller")?;
    is_kind(&error, "Bosh::Clouds::NotSupported")?;
    let error = bench.refused("resize_disk", json!([bench.samples.nothing, size + 2000]))?;
    is_kind(&error, "Bosh::Clouds::DiskNotFound")
}

fn snapshots(bench: &Bench) -> Result<()> {
    let (_, disk) = bench.attached()?;
    for metadata in [json!({}), Value::Null, json!({"index": 0, "job": "db", "deployment": "cf"})] {
        let snapshot = bench.ask("snapshot_disk", json!([disk, metadata]))?;
        holds(bench.cloud.has_snapshot(&text(&snapshot)?), "there is no such snapshot")?;
        bench.ask("delete_snapshot", json!([snapshot]))?;
        bench.ask("delete_snapshot", json!([snapshot])).context("a second time")?;
    }
    bench.ask("delete_snapshot", json!([bench.samples.nothing])).context("one that never was")?;
    Ok(())
}

fn calculate(bench: &Bench) -> Result<()> {
    let needs = json!([{"cpu": 1, "ram": 512, "ephemeral_disk_size": 2048}]);
    let properties = bench.ask("calculate_vm_cloud_properties", needs)?;
    holds(properties.as_object().is_some_and(|map| !map.is_empty()), "nothing was found")?;
    // A custom offering without limits takes any number, and leaves it to the cloud to refuse.
    let needs = json!([{"cpu": 100_000, "ram": 512, "ephemeral_disk_size": 2048}]);
    match bench.driver.call("calculate_vm_cloud_properties", needs)?.answer()?.outcome {
        Ok(custom) => same(&custom["cpu"], &json!(100_000)).context("too few cores are answered"),
        Err(_) => Ok(()),
    }
}
