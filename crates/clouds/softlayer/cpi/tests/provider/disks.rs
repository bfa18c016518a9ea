//! Persistent disks: ordered as the operator means, attached as the agent wants, cancelled when
//! they are done with.

use crate::bench::*;
use crate::volumes::*;
use serde_json::{Value, json};

const SHAPE: &str = "id,capacityGb,provisionedIops,storageTierLevel,notes,snapshotCapacityGb,\
    billingItem[id,hourlyFlag],serviceResource.datacenter.name";

/// Whoever says nothing pays for the least: the size that was asked for, the fewest IOPS, by the
/// hour.
#[tokio::test]
async fn a_disk_is_what_was_asked_for_and_no_more() {
    let bench = Bench::new();
    let disk = bench.ask("create_disk", json!([101 * 1024, {}, null])).await.unwrap();
    let volume = bench.volume(disk.as_str().unwrap(), SHAPE);
    assert_eq!(number(&volume["capacityGb"]), 101, "{volume}");
    assert_eq!(number(&volume["provisionedIops"]), 100, "{volume}");
    assert_eq!(volume["billingItem"]["hourlyFlag"], true, "{volume}");
    assert_eq!(volume["serviceResource"]["datacenter"]["name"], "dal13");
    assert!(volume["notes"].as_str().unwrap().starts_with("disk-"), "{volume}");
    assert_eq!(bench.ask("has_disk", json!([disk])).await.unwrap(), true);
}

/// Properties of the Go CPI and ours: IOPS, tiers, space for snapshots, data center, billing.
#[tokio::test]
async fn properties_shape_the_order() {
    let bench = Bench::new();
    let make = async |size: u64, properties: Value| {
        let disk = bench.ask("create_disk", json!([size * 1024, properties, null])).await.unwrap();
        bench.volume(disk.as_str().unwrap(), SHAPE)
    };
    let fast = make(100, json!({"iops": 1000, "snapshot_space": 20, "type": "x"})).await;
    assert_eq!(number(&fast["provisionedIops"]), 1000, "{fast}");
    assert_eq!(number(&fast["snapshotCapacityGb"]), 20, "{fast}");
    let tiered = make(30, json!({"tier": 4, "datacenter": "wdc07"})).await;
    assert_eq!(tiered["storageTierLevel"], "WRITEHEAVY_TIER", "{tiered}");
    assert_eq!(tiered["serviceResource"]["datacenter"]["name"], "wdc07");
    let monthly = make(20, json!({"useHourlyPricing": false})).await;
    assert_eq!(monthly["billingItem"]["hourlyFlag"], false, "{monthly}");
}

/// What cannot be had is told before anything is ordered.
#[tokio::test]
async fn what_cannot_be_had_is_refused_before_it_is_ordered() {
    let bench = Bench::new();
    for (size, properties, words) in [
        (20, json!({"iops": 5000}), "100 to 1000"),
        (20, json!({"iops": 100, "tier": 2}), "iops, "),
        (20, json!({"datacenter": "nowhere"}), "data center 'nowhere' not found"),
        (12_001, json!({}), "at most 12000 GB"),
        (20, json!({"tier": 3}), "0.25, 2, 4 or 10"),
    ] {
        let error =
            bench.ask("create_disk", json!([size * 1024, properties, null])).await.unwrap_err();
        assert!(error.message.contains(words), "{words}: {error}");
    }
    assert!(!bench.calls().iter().any(|call| call.ends_with("placeOrder")));
    assert!(bench.volumes().is_empty());
}

/// An order is checked before it is placed: what SoftLayer refuses costs nothing.
#[tokio::test]
async fn every_order_is_verified_before_it_is_placed() {
    let bench = Bench::new();
    bench.disk().await;
    let calls = bench.calls();
    let at = |name: &str| calls.iter().position(|call| call.ends_with(name));
    let (verified, placed) = (at("verifyOrder").unwrap(), at("placeOrder").unwrap());
    assert!(verified < placed, "{calls:?}");
}

/// The agent logs in with what the hint says: all of it text, the same for every disk of a VM.
#[tokio::test]
async fn the_hint_lets_the_agent_log_in() {
    let bench = Bench::new();
    let (vm, first) = (bench.made_by_hand(), bench.disk().await);
    let hint = bench.ask("attach_disk", json!([vm, first])).await.unwrap();
    assert_eq!(hint["id"], first);
    let settings = hint["iscsi_settings"].as_object().unwrap();
    let keys: Vec<_> = settings.keys().map(String::as_str).collect();
    assert_eq!(keys, ["initiator_name", "target", "username", "password"]);
    assert!(settings.values().all(|value| value.as_str().is_some_and(|text| !text.is_empty())));
    let again = bench.ask("attach_disk", json!([vm, first])).await.unwrap();
    assert_eq!(again, hint, "attaching is idempotent");

    let second = bench.disk().await;
    let other = bench.ask("attach_disk", json!([vm, second])).await.unwrap();
    assert_eq!(other["iscsi_settings"]["initiator_name"], settings["initiator_name"]);
    let mut disks = [first.clone(), second.clone()];
    disks.sort_by_key(|id| id.parse::<u64>().unwrap());
    assert_eq!(bench.ask("get_disks", json!([vm])).await.unwrap(), json!(disks));

    bench.ask("detach_disk", json!([vm, first])).await.unwrap();
    assert_eq!(bench.ask("get_disks", json!([vm])).await.unwrap(), json!([second]));
    let error = bench.ask("detach_disk", json!([vm, first])).await.unwrap_err();
    assert_eq!(kind(&error), "DiskNotAttached");
}

/// Two VMs that write to one volume destroy it.
#[tokio::test]
async fn a_disk_is_attached_to_one_vm_only() {
    let bench = Bench::new();
    let (vm, disk) = (bench.made_by_hand(), bench.disk().await);
    bench.ask("attach_disk", json!([vm, disk])).await.unwrap();
    let other = bench.made_by_hand();
    let error = bench.ask("attach_disk", json!([other, disk])).await.unwrap_err();
    assert!(error.message.contains(&format!("attached to VM {vm}")), "{error}");
    let error = bench.ask("delete_disk", json!([disk])).await.unwrap_err();
    assert!(error.message.contains(&format!("attached to VM {vm}")), "{error}");
    assert_eq!(bench.ask("has_disk", json!([disk])).await.unwrap(), true);
}

/// A volume and its VM are in one data center.
#[tokio::test]
async fn a_disk_of_another_data_center_is_not_attached() {
    let bench = Bench::new();
    let far = json!([20480, {"datacenter": "wdc07"}, null]);
    let disk = bench.ask("create_disk", far).await.unwrap();
    let error = bench.ask("attach_disk", json!([bench.made_by_hand(), disk])).await.unwrap_err();
    assert!(error.message.contains("wdc07") && error.message.contains("dal13"), "{error}");
}

/// The director asks about things that are gone; it must hear so in its own words.
#[tokio::test]
async fn what_is_not_there_is_told_in_the_director_s_words() {
    let bench = Bench::new();
    let (vm, disk) = (bench.made_by_hand(), bench.disk().await);
    for cid in [NOWHERE, "vol-1"] {
        assert_eq!(bench.ask("has_disk", json!([cid])).await.unwrap(), false);
        assert_eq!(bench.ask("delete_disk", json!([cid])).await.unwrap(), Value::Null);
        assert_eq!(bench.ask("delete_snapshot", json!([cid])).await.unwrap(), Value::Null);
        for (method, arguments, expected) in [
            ("attach_disk", json!([vm, cid]), "DiskNotFound"),
            ("attach_disk", json!([cid, disk]), "VMNotFound"),
            ("detach_disk", json!([vm, cid]), "DiskNotFound"),
            ("detach_disk", json!([cid, disk]), "DiskNotAttached"),
            ("resize_disk", json!([cid, 40960]), "DiskNotFound"),
            ("snapshot_disk", json!([cid, {}]), "DiskNotFound"),
            ("set_disk_metadata", json!([cid, {"a": "b"}]), "DiskNotFound"),
            ("get_disks", json!([cid]), "VMNotFound"),
        ] {
            let error = bench.ask(method, arguments).await.unwrap_err();
            assert_eq!(kind(&error), expected, "{method} {cid}: {error}");
        }
    }
}

/// A cancelled disk is gone for the director, although SoftLayer tells of it for a while; and
/// cancelling it again is no fault.
#[tokio::test]
async fn a_cancelled_disk_is_gone() {
    let bench = Bench::new();
    let disk = bench.disk().await;
    bench.ask("delete_disk", json!([disk])).await.unwrap();
    assert!(bench.volumes().is_empty());
    assert_eq!(bench.ask("has_disk", json!([disk])).await.unwrap(), false);
    bench.ask("delete_disk", json!([disk])).await.unwrap();
}

/// Growing keeps what is there; shrinking, and what SoftLayer cannot do, is left to the
/// director's copying.
#[tokio::test]
async fn a_disk_grows_where_it_is() {
    let bench = Bench::new();
    let disk = bench.disk().await;
    bench.ask("resize_disk", json!([disk, 150 * 1024])).await.unwrap();
    let volume = bench.volume(&disk, SHAPE);
    assert_eq!(number(&volume["capacityGb"]), 150, "{volume}");
    let error = bench.ask("resize_disk", json!([disk, 100 * 1024])).await.unwrap_err();
    assert_eq!(kind(&error), "NotSupported");

    let faster = json!([disk, 150 * 1024, {"iops": 2000}]);
    assert_eq!(bench.ask("update_disk", faster.clone()).await.unwrap(), json!(disk));
    assert_eq!(number(&bench.volume(&disk, SHAPE)["provisionedIops"]), 2000);
    bench.calls();
    assert_eq!(bench.ask("update_disk", faster).await.unwrap(), json!(disk));
    assert!(!bench.calls().iter().any(|call| call.ends_with("placeOrder")), "it is so already");
    for (size, properties) in [(150, json!({"tier": 2})), (150, json!({"datacenter": "wdc07"}))] {
        let error =
            bench.ask("update_disk", json!([disk, size * 1024, properties])).await.unwrap_err();
        assert_eq!(kind(&error), "NotSupported", "{error}");
    }
}

/// The name that makes a disk ours, and what people wrote, outlive what the director tells.
#[tokio::test]
async fn metadata_is_merged_into_the_notes() {
    let bench = Bench::new();
    let disk = bench.disk().await;
    let name = bench.volume(&disk, "notes")["notes"].as_str().unwrap().to_owned();
    let tell = async |metadata: Value| {
        bench.ask("set_disk_metadata", json!([disk, metadata])).await.unwrap();
        bench.volume(&disk, "notes")["notes"].as_str().unwrap().to_owned()
    };
    let notes = tell(json!({"director": "d", "instance_index": 0})).await;
    assert_eq!(notes, format!("{name},director:d,instance_index:0"));
    let notes = tell(json!({"director": "e"})).await;
    assert_eq!(notes, format!("{name},director:e,instance_index:0"));
    bench.calls();
    tell(json!({"director": "e"})).await;
    assert!(!bench.calls().iter().any(|call| call.ends_with("editObject")), "nothing is new");
}

/// The smallest volume that is sold is larger than what was asked for: to grow within it is done.
#[tokio::test]
async fn a_disk_grows_within_the_size_that_was_sold() {
    let bench = Bench::new();
    let disk = bench.ask("create_disk", json!([10 * 1024, {}, null])).await.unwrap();
    bench.calls();
    bench.ask("resize_disk", json!([disk, 15 * 1024])).await.unwrap();
    assert!(!bench.calls().iter().any(|call| call.ends_with("placeOrder")));
    let error = bench.ask("resize_disk", json!([disk, 25 * 1024])).await;
    error.unwrap();
    let smaller = bench.ask("resize_disk", json!([disk, 15 * 1024])).await.unwrap_err();
    assert!(smaller.message.contains("smaller"), "{smaller}");
}
