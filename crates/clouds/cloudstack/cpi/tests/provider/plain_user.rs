//! A plain user who may not expunge: what can go goes, and the rest is told.

use crate::bench::*;
use serde_json::json;
use simulator_cloudstack::World;

fn vm() -> serde_json::Value {
    let networks = json!({"n": {"type": "dynamic", "cloud_properties": {"name": "sgnet"}}});
    vm_arguments(json!({"zone": "advsg2"}), networks)
}

/// The VM is destroyed, its ephemeral disk deleted; the persistent one stays.
#[tokio::test]
async fn without_the_permission_vms_are_destroyed() {
    let bench = Bench::of(World::builtin().instant(), "bosh").await;
    let cid = bench.ask("create_vm", vm()).await.unwrap()[0].clone();
    let disk = bench.ask("create_disk", json!([1, {}, cid])).await.unwrap();
    bench.ask("attach_disk", json!([cid, disk])).await.unwrap();
    bench.ask("delete_vm", json!([cid])).await.unwrap();
    assert_eq!(bench.ask("has_vm", json!([cid])).await.unwrap(), false);
    assert_eq!(bench.ask("has_disk", json!([disk])).await.unwrap(), true);
    let data = bench.rows("listVolumes", "volume", &[("type", "DATADISK")]);
    assert_eq!(data.len(), 1, "the ephemeral one is gone: {data:?}");
    bench.ask("delete_vm", json!([cid])).await.expect("deleting twice is no fault");
}

/// A failed deploy leaves no running VM even then.
#[tokio::test]
async fn a_failed_deploy_is_destroyed() {
    let mut world = World::builtin().instant();
    let bosh = world.accounts.iter_mut().find(|account| account.name == "bosh").unwrap();
    bosh.limits = [("cpu".to_owned(), -1), ("memory".to_owned(), -1)].into();
    let bench = Bench::of(world, "bosh").await;
    let mut arguments = vm();
    arguments[2]["compute_offering"] = json!("bosh.huge");
    let error = bench.ask("create_vm", arguments).await.unwrap_err();
    assert_eq!((kind(&error), error.ok_to_retry), ("VMCreationFailed", true), "{error}");
    assert_eq!(bench.rows("listVirtualMachines", "virtualmachine", &[]).len(), 0);
}

/// `expunge_vm: false` is a wish that is met for admins, too.
#[tokio::test]
async fn expunging_can_be_switched_off() {
    let bench = Bench::new().await;
    let vm = bench.vm().await;
    let gentle = bench.cloud_with(json!({"expunge_vm": false}));
    ask(&gentle, "delete_vm", json!([vm])).await.unwrap();
    assert_eq!(bench.vm_row(&vm)["state"], "Destroyed");
    assert_eq!(ask(&gentle, "has_vm", json!([vm])).await.unwrap(), false);
    assert_eq!(bench.rows("listVolumes", "volume", &[("type", "DATADISK")]).len(), 0);
    ask(&gentle, "delete_vm", json!([vm])).await.unwrap();
}
