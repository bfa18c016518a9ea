//! Snapshots.

use crate::bench::*;
use serde_json::json;

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
