//! Nothing of others is touched, whatever a list shows: filters that are not heeded, rows of
//! another account, twins of our own name.

use crate::bench::*;
use cpi_cloudstack::Intent;
use cpi_kit::{GcPolicy, Persistent, Provider, Verdict};
use journal::Undo;
use serde_json::{Value, json};
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};
use simulator_kit::lie::Lie;

/// Every list lies like that.
fn lies(bench: &Bench, lie: Lie) {
    let kind = FaultKind::Lie { lie };
    let everywhere =
        Fault { command: "*".into(), occurrence: 1, times: u32::MAX, when: When::After, kind };
    bench.simulator.declare_faults(vec![everywhere]);
}

fn foreign_filters() -> [Lie; 3] {
    [Lie::FilterIgnored, Lie::LookAlikes, Lie::OtherAccount]
}

fn names(bench: &Bench) -> (String, String, String) {
    let name_of = |row: &Value| row["name"].as_str().unwrap().to_owned();
    let first = |command: &str, key: &str| name_of(&bench.rows(command, key, &[])[0]);
    let disks = bench.rows("listVolumes", "volume", &[("type", "DATADISK")]);
    let disk = disks.iter().map(name_of).find(|name| name.starts_with("disk-")).unwrap();
    (first("listVirtualMachines", "virtualmachine"), disk, first("listSnapshots", "snapshot"))
}

/// A process that died before its request arrived has left nothing: its undo removed every
/// detached volume of the account where the filter by name was not heeded.
#[tokio::test]
async fn an_undo_removes_what_bears_its_exact_name_and_nothing_else() {
    let bench = Bench::new().await;
    let (_, disk) = bench.attached().await;
    bench.ask("snapshot_disk", json!([disk, {}])).await.unwrap();
    for _ in 0..3 {
        bench.disk().await;
    }
    let before = bench.inventory();
    // Of the same length, and of another operation.
    let other = |name: &str| {
        let last = if name.ends_with('f') { 'e' } else { 'f' };
        format!("{}{last}", &name[..name.len() - 1])
    };
    let (vm, disk, snapshot) = names(&bench);
    for lie in foreign_filters() {
        for intent in [
            Intent::Vm { name: other(&vm) },
            Intent::Volume { name: other(&disk) },
            Intent::Snapshot { name: other(&snapshot) },
            Intent::Template { name: "stemcell-1-2".into() },
            Intent::Network { name: "net-1-2".into() },
            Intent::KeyPair { name: "key-1-2".into() },
        ] {
            lies(&bench, lie.clone());
            // It may fail, as it cannot tell; it must not remove.
            drop(bench.cloud().ensure_absent(&intent).await);
            bench.simulator.declare_faults(Vec::new());
            assert_eq!(bench.inventory(), before, "{lie:?}: {intent}");
        }
    }
}

/// A create whose answer was lost gave out another disk's CID.
#[tokio::test]
async fn what_is_answered_is_what_was_made() {
    let bench = Bench::new().await;
    let known = [bench.disk().await, bench.disk().await];
    for lie in foreign_filters() {
        let lost = Fault {
            command: "createVolume".into(),
            occurrence: 1,
            times: 1,
            when: When::After,
            kind: FaultKind::Reset,
        };
        lies(&bench, lie.clone());
        let mut faults = vec![lost];
        faults.push(Fault {
            command: "list*".into(),
            occurrence: 1,
            times: u32::MAX,
            when: When::After,
            kind: FaultKind::Lie { lie: lie.clone() },
        });
        bench.simulator.declare_faults(faults);
        let answer = bench.ask("create_disk", json!([1, {}, null])).await;
        bench.simulator.declare_faults(Vec::new());
        if let Ok(cid) = answer {
            assert!(!known.iter().any(|known| cid == json!(known)), "{lie:?}: {cid}");
        }
    }
}

/// gc deletes by id: of two volumes of one name, the one that the director knows stays.
#[tokio::test]
async fn garbage_goes_by_its_id() {
    let bench = Bench::new().await;
    let disk = bench.disk().await;
    bench.ask("set_disk_metadata", json!([disk, {"director": "d"}])).await.unwrap();
    let row = bench.volume_row(&disk);
    let text = |key: &str| row[key].as_str().unwrap().to_owned();
    let (name, zone, offering) = (text("name"), text("zoneid"), text("diskofferingid"));
    let twin =
        [("name", &*name), ("zoneid", &*zone), ("diskofferingid", &*offering), ("size", "3")];
    bench.raw("createVolume", &twin);
    let policy = GcPolicy { persistent: Persistent::Included, ..GcPolicy::default() };
    let found = bench.cloud().garbage(&policy).await.unwrap();
    let garbage: Vec<_> = found.iter().filter(|it| it.verdict == Verdict::Delete).collect();
    assert_eq!(garbage.len(), 1);
    assert_ne!(garbage[0].cid, disk);
    bench.cloud().delete_garbage(garbage[0]).await.unwrap();
    let left = bench.rows("listVolumes", "volume", &[]);
    assert_eq!((left.len(), &left[0]["id"]), (1, &json!(disk)));
}

/// A director that hears no of a live VM or disk makes another, or forgets it.
#[tokio::test]
async fn one_empty_list_is_not_believed() {
    let bench = Bench::new().await;
    let (vm, disk) = bench.attached().await;
    for (method, cid, command) in
        [("has_vm", &vm, "listVirtualMachines"), ("has_disk", &disk, "listVolumes")]
    {
        let kind = FaultKind::Lie { lie: Lie::Empty };
        let empty =
            Fault { command: command.into(), occurrence: 1, times: 1, when: When::After, kind };
        bench.simulator.declare_faults(vec![empty]);
        assert_eq!(bench.ask(method, json!([cid])).await.unwrap(), json!(true), "{method}");
        for lie in foreign_filters() {
            lies(&bench, lie.clone());
            assert_eq!(bench.ask(method, json!([cid])).await.unwrap(), json!(true), "{lie:?}");
        }
        bench.simulator.declare_faults(Vec::new());
    }
}

/// A VM that somebody else has destroyed leaves its ephemeral disk, of which nothing tells whose
/// it was but our mark: it goes with delete_vm, and gc knows it.
#[tokio::test]
async fn the_ephemeral_disk_of_a_vm_that_others_destroyed_goes() {
    let bench = Bench::new().await;
    let left = async || {
        let vm = bench.vm().await;
        bench.ask("set_vm_metadata", json!([vm, {"director": "d", "name": "a/0"}])).await.unwrap();
        bench.raw("destroyVirtualMachine", &[("id", &vm), ("expunge", "true")]);
        assert_eq!(bench.rows("listVolumes", "volume", &[]).len(), 1);
        vm
    };
    let vm = left().await;
    bench.ask("delete_vm", json!([vm])).await.unwrap();
    assert_eq!(bench.inventory(), Vec::<String>::new());
    left().await;
    let found = bench.cloud().garbage(&GcPolicy::default()).await.unwrap();
    let disk = found.iter().find(|found| found.kind == "ephemeral disk").unwrap();
    assert_eq!(disk.verdict, Verdict::Delete);
    bench.cloud().delete_garbage(disk).await.unwrap();
    assert_eq!(bench.inventory(), Vec::<String>::new());
}

/// An attach that a director repeats while the first one runs answers the same.
#[tokio::test]
async fn an_attach_that_runs_is_waited_for() {
    let mut world = simulator_cloudstack::World::builtin();
    world.latency.default.job = 500;
    let bench = Bench::of(world, "admin").await;
    let (vm, disk) = (bench.vm().await, bench.disk().await);
    bench.raw("attachVolume", &[("id", &disk), ("virtualmachineid", &vm)]);
    bench.ask("attach_disk", json!([vm, disk])).await.unwrap();
    assert_eq!(bench.volume_row(&disk)["virtualmachineid"], json!(vm));
}
