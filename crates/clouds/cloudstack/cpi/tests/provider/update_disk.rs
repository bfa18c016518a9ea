//! `update_disk`: in place where CloudStack can, NotSupported where the director must copy.

use crate::bench::*;
use serde_json::{Value, json};

async fn offering(bench: &Bench, disk: &Value) -> (Value, u64) {
    let row = bench.volume_row(disk.as_str().unwrap());
    (row["diskofferingname"].clone(), row["size"].as_u64().unwrap() >> 30)
}

/// The same disk is answered: its data stays where it is. Nothing to change is nothing to do.
#[tokio::test]
async fn an_offering_is_changed_in_place() {
    let bench = Bench::new().await;
    let disk = json!(bench.disk().await);
    let update = async |size: u64, properties: Value| {
        bench.calls();
        let answer = bench.ask("update_disk", json!([disk, size, properties])).await.unwrap();
        assert_eq!(answer, disk);
        bench.calls().into_iter().filter(|call| !call.starts_with("list")).collect::<Vec<_>>()
    };
    assert_eq!(update(3072, json!({})).await, Vec::<String>::new());
    assert_eq!(update(4096, json!({})).await, ["resizeVolume"]);
    assert_eq!(offering(&bench, &disk).await, (json!("Custom"), 4));
    assert_eq!(update(5000, json!({"disk_offering": "Small"})).await, ["changeOfferingForVolume"]);
    assert_eq!(offering(&bench, &disk).await, (json!("Small"), 5));
    let iops = json!({"disk_offering": "bosh.iops", "min_iops": 100, "max_iops": 200});
    assert_eq!(update(6000, iops).await, ["changeOfferingForVolume"]);
    assert_eq!(offering(&bench, &disk).await, (json!("bosh.iops"), 6));
}

/// The director copies then.
#[tokio::test]
async fn what_cannot_be_done_in_place_is_not_supported() {
    let bench = Bench::new().await;
    let disk = bench.disk().await;
    for (size, properties, why) in [
        (1024, json!({}), "disks cannot be made smaller"),
        (3072, json!({"zone": "basic"}), "the disk is in zone 'adv'"),
    ] {
        let error = bench.ask("update_disk", json!([disk, size, properties])).await.unwrap_err();
        assert_eq!(kind(&error), "NotSupported", "{error}");
        assert!(error.message.contains(why), "{error}");
    }
    assert_eq!(offering(&bench, &json!(disk)).await, (json!("Custom"), 3));
    let error = bench.ask("update_disk", json!([NOWHERE, 3072, {}])).await.unwrap_err();
    assert_eq!(kind(&error), "DiskNotFound");
}

/// IOPS are for offerings that let the caller choose, and go together.
#[tokio::test]
async fn iops_are_checked_before_anything_is_made() {
    let bench = Bench::new().await;
    for (properties, why) in [
        (json!({"min_iops": 1, "max_iops": 2}), "does not let the caller choose"),
        (json!({"disk_offering": "bosh.iops", "min_iops": 2}), "go together"),
        (json!({"disk_offering": "bosh.iops", "min_iops": 2, "max_iops": 1}), "more than"),
    ] {
        let error = bench.ask("create_disk", json!([1024, properties, null])).await.unwrap_err();
        assert!(error.message.contains(why), "{error}");
    }
    assert_eq!(bench.inventory(), Vec::<String>::new());
    let wanted = json!({"disk_offering": "bosh.iops", "min_iops": 100, "max_iops": 200});
    let disk = bench.ask("create_disk", json!([1024, wanted, null])).await.unwrap();
    let row = bench.volume_row(disk.as_str().unwrap());
    assert_eq!((&row["miniops"], &row["maxiops"]), (&json!(100), &json!(200)));
}
