//! Every CloudStack from 4.11 on: what a version does not know is not sent, and nothing is left
//! for that.

use crate::bench::*;
use serde_json::{Value, json};
use simulator::World;

async fn bench(version: &str) -> Bench {
    let world = World { version: version.into(), ..World::builtin().instant() };
    Bench::of(world, "admin").await
}

/// The life of a VM with an ephemeral and a persistent disk, by every method that touches one.
#[tokio::test]
async fn a_lifecycle_works_on_every_version() {
    for version in ["4.11.3.0", "4.15.2.0", "4.18.1.0", "4.20.1.0", "4.22.0.0"] {
        let bench = bench(version).await;
        let call = async |method: &str, arguments: Value| {
            let answer = bench.ask(method, arguments).await;
            answer.unwrap_or_else(|error| panic!("{version}: {method}: {error}"))
        };
        call("create_stemcell", json!(["/dev/null", {"template_id": TEMPLATE}])).await;
        let vm = bench.vm().await;
        call("set_vm_metadata", json!([vm, {"name": "router/1", "director": "d"}])).await;
        let disk = call("create_disk", json!([3072, {}, vm])).await;
        call("attach_disk", json!([vm, disk])).await;
        call("set_disk_metadata", json!([disk, {"director": "d"}])).await;
        assert_eq!(call("get_disks", json!([vm])).await, json!([disk]));
        let snapshot = call("snapshot_disk", json!([disk, {"index": 0}])).await;
        call("delete_snapshot", json!([snapshot])).await;
        call("reboot_vm", json!([vm])).await;
        call("delete_vm", json!([vm])).await;
        let left: Vec<_> = bench.rows("listVolumes", "volume", &[("listall", "true")]);
        assert_eq!(left.len(), 1, "{version}: the persistent one stays, no other: {left:?}");
        call("resize_disk", json!([disk, 5000])).await;
        call("delete_disk", json!([disk])).await;
        assert_eq!(bench.inventory(), Vec::<String>::new(), "{version}");
        for sent in bench.simulator.calls() {
            let command = sent.command;
            assert_eq!(sent.ignored, Vec::<String>::new(), "{version} knows no such {command}");
        }
    }
}

/// The version costs one call in an hour, and only where it matters.
#[tokio::test]
async fn the_version_is_asked_for_once() {
    let bench = bench("4.18.1.0").await;
    let (first, second) = (bench.vm().await, bench.vm().await);
    assert!(!bench.calls().contains(&"listCapabilities".to_owned()));
    bench.ask("delete_vm", json!([first])).await.unwrap();
    assert_eq!(bench.calls(), ["listVolumes", "listCapabilities", "destroyVirtualMachine"]);
    bench.ask("delete_vm", json!([second])).await.unwrap();
    assert_eq!(bench.calls(), ["listVolumes", "destroyVirtualMachine"]);
}

/// What would be ignored is refused, where less than was asked for would come of it.
#[tokio::test]
async fn what_an_old_cloud_would_ignore_is_refused() {
    let arguments = || vm_arguments(json!({"boot_type": "UEFI"}), json!({}));
    let old = bench("4.13.1.0").await;
    let error = old.ask("create_vm", arguments()).await.unwrap_err();
    assert!(error.message.contains("arguments[2].boot_type"), "{error}");
    assert_eq!(old.inventory(), Vec::<String>::new());
    bench("4.14.0.0").await.ask("create_vm", arguments()).await.unwrap();
}

/// A version that nobody can read is taken for a new one.
#[tokio::test]
async fn an_odd_version_is_a_new_one() {
    let bench = bench("the latest").await;
    let vm = bench.vm().await;
    bench.ask("delete_vm", json!([vm])).await.unwrap();
    assert_eq!(bench.inventory(), Vec::<String>::new());
}
