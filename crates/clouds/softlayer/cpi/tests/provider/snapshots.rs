//! Snapshots: their space is bought where there is none, and goes where it was bought in vain.

use crate::bench::*;
use serde_json::json;
use simulator_kit::fault::When;

const SPACE: &str = "snapshotCapacityGb";

fn space(bench: &Bench, disk: &str) -> u64 {
    let space = bench.volume(disk, SPACE)[SPACE].clone();
    space.as_u64().or_else(|| space.as_str()?.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn the_first_snapshot_buys_space_and_the_next_does_not() {
    let bench = Bench::new();
    let disk = bench.disk().await;
    assert_eq!(space(&bench, &disk), 0);
    let first = bench.ask("snapshot_disk", json!([disk, {"index": 0}])).await.unwrap();
    assert_eq!(space(&bench, &disk), 5, "the smallest that holds 20 percent of 20 GB");
    bench.calls();
    let second = bench.ask("snapshot_disk", json!([disk, null])).await.unwrap();
    assert_ne!(first, second);
    assert!(!bench.calls().iter().any(|call| call.ends_with("placeOrder")));
    bench.ask("delete_snapshot", json!([first])).await.unwrap();
    bench.ask("delete_snapshot", json!([first])).await.unwrap();
    let left = bench.raw(&format!("SoftLayer_Network_Storage/{disk}/getSnapshots"), &[]);
    assert_eq!(left.as_array().unwrap().len(), 1, "{left}");
}

/// Space that was bought for a snapshot that then failed would be paid for ever.
#[tokio::test]
async fn space_that_was_bought_in_vain_is_cancelled() {
    let bench = Bench::new();
    let disk = bench.disk().await;
    bench.refuse("SoftLayer_Network_Storage::createSnapshot");
    bench.ask("snapshot_disk", json!([disk, {}])).await.unwrap_err();
    assert_eq!(space(&bench, &disk), 0);
    assert_eq!(bench.ask("has_disk", json!([disk])).await.unwrap(), true);
}

/// A snapshot whose answer was lost is the one that is answered, and not taken twice.
#[tokio::test]
async fn a_snapshot_whose_answer_was_lost_is_found_by_its_name() {
    let bench = Bench::new();
    let disk = bench.disk().await;
    bench.lose("SoftLayer_Network_Storage::createSnapshot", When::After);
    let snapshot = bench.ask("snapshot_disk", json!([disk, {}])).await.unwrap();
    let all = bench.raw(&format!("SoftLayer_Network_Storage/{disk}/getSnapshots"), &[]);
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert_eq!(all[0]["id"].as_u64().unwrap().to_string(), snapshot.as_str().unwrap());
}

/// A disk's CID where a snapshot's is wanted must not cost the disk.
#[tokio::test]
async fn a_disk_is_no_snapshot() {
    let bench = Bench::new();
    let disk = bench.disk().await;
    let error = bench.ask("delete_snapshot", json!([disk])).await.unwrap_err();
    assert!(error.message.contains("not a snapshot"), "{error}");
    assert_eq!(bench.ask("has_disk", json!([disk])).await.unwrap(), true);
}
