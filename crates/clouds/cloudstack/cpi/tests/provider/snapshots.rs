//! Snapshots.

use crate::bench::*;
use cloudstack::phrases;
use serde_json::json;
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};

/// Name and tags are in the call that takes it; numbers and nulls in the metadata are no fault.
#[tokio::test]
async fn a_snapshot_bears_name_and_tags() {
    let bench = Bench::new().await;
    let (_, disk) = bench.attached().await;
    let metadata = json!({"index": 0, "job": "db", "none": null, "director_name": "d"});
    let cid = bench.ask("snapshot_disk", json!([disk, metadata])).await.unwrap();
    let rows = bench.rows("listSnapshots", "snapshot", &[("id", cid.as_str().unwrap())]);
    assert!(rows[0]["name"].as_str().unwrap().starts_with("snap-"), "{rows:?}");
    let tags = rows[0]["tags"].as_array().unwrap();
    assert!(tags.iter().any(|tag| tag["key"] == "index" && tag["value"] == "0"), "{tags:?}");
    assert!(!tags.iter().any(|tag| tag["key"] == "none"), "{tags:?}");
    let plain = bench.ask("snapshot_disk", json!([disk, null])).await.unwrap();
    for snapshot in [&cid, &cid, &plain, &json!(NOWHERE), &json!("snap-none")] {
        bench.ask("delete_snapshot", json!([snapshot])).await.unwrap();
    }
    assert_eq!(bench.rows("listSnapshots", "snapshot", &[]).len(), 0);
}

/// A disk that was never attached has no storage, and nothing of it can be taken.
#[tokio::test]
async fn a_disk_without_storage_has_no_snapshot() {
    let bench = Bench::new().await;
    let disk = bench.disk().await;
    let error = bench.ask("snapshot_disk", json!([disk, {}])).await.unwrap_err();
    assert_eq!(kind(&error), "CloudError", "{error}");
    let error = bench.ask("snapshot_disk", json!([NOWHERE, {}])).await.unwrap_err();
    assert_eq!(kind(&error), "DiskNotFound", "{error}");
    assert_eq!(bench.rows("listSnapshots", "snapshot", &[]).len(), 0);
}

/// Where backups may follow, the snapshot is answered as soon as it stands on primary storage.
#[tokio::test]
async fn a_backup_is_waited_for_unless_the_config_says_otherwise() {
    let bench = Bench::new().await;
    let (_, disk) = bench.attached().await;
    for (later, sent) in [(false, None), (true, Some("true"))] {
        bench.simulator.clear_calls();
        let cloud = bench.cloud_with(json!({"snapshot_async_backup": later}));
        let cid = ask(&cloud, "snapshot_disk", json!([disk, {}])).await.unwrap();
        let calls = bench.simulator.calls();
        let taken = calls.iter().find(|call| call.command == "createSnapshot").unwrap();
        let asked = taken.params.iter().find(|(key, _)| *key == "asyncbackup");
        assert_eq!(asked.map(|(_, value)| value.as_str()), sent);
        ask(&cloud, "delete_snapshot", json!([cid])).await.unwrap();
    }
}

/// CloudStack takes one snapshot of a VM at a time, and refuses others meanwhile: they wait.
#[tokio::test]
async fn another_snapshot_of_the_vm_is_waited_for() {
    let bench = Bench::new().await;
    let (vm, one) = bench.attached().await;
    let two = bench.disk().await;
    bench.ask("attach_disk", json!([vm, two])).await.unwrap();
    let text = format!("There is {} on the instance", phrases::SNAPSHOT_UNDER_WAY);
    let body = json!({"createsnapshotresponse": {"errorcode": 431, "errortext": text}});
    let busy = FaultKind::Answer { status: 431, body: body.to_string() };
    let fault = Fault {
        command: "createSnapshot".into(),
        occurrence: 1,
        times: 2,
        when: When::Before,
        kind: busy,
    };
    bench.simulator.declare_faults(vec![fault]);
    bench.ask("snapshot_disk", json!([one, {}])).await.unwrap();
    assert_eq!(bench.simulator.faults_struck(), 2);
    bench.ask("snapshot_disk", json!([two, {}])).await.unwrap();
    assert_eq!(bench.rows("listSnapshots", "snapshot", &[]).len(), 2);
}
