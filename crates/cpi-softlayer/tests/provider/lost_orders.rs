//! Orders whose answer was lost: the volume is found without a name, is paid once, and nobody
//! else's is ever taken for it.

use crate::bench::*;
use bosh_cpi::{ApiVersion, Call, Request};
use cpi_softlayer::SoftLayer;
use provider::Provider;
use serde_json::{Value, json};
use simulator_kit::fault::When;

const PLACE: &str = "SoftLayer_Product_Order::placeOrder";

/// Orders a volume by hand, as an operator would: 20 GB, 100 IOPS, hourly, no notes.
async fn by_hand(bench: &Bench) -> u64 {
    let disk = bench.disk().await;
    bench.raw(&format!("SoftLayer_Network_Storage/{disk}/editObject"), &[json!({"notes": ""})]);
    disk.parse().unwrap()
}

#[tokio::test]
async fn an_order_whose_answer_was_lost_is_adopted_and_not_placed_again() {
    let bench = Bench::new();
    bench.lose(PLACE, When::After);
    let disk = bench.disk().await;
    assert_eq!(bench.volumes(), [disk.parse::<u64>().unwrap()]);
    let placed = bench.calls().into_iter().filter(|call| call.ends_with("placeOrder")).count();
    assert_eq!(placed, 1);
    let notes = bench.volume(&disk, "notes")["notes"].clone();
    assert!(notes.as_str().unwrap().starts_with("disk-"), "{notes}");
}

/// A volume like ours in every respect, without notes, that was there before.
#[tokio::test]
async fn a_volume_that_was_there_before_is_never_taken() {
    let bench = Bench::new();
    let foreign = by_hand(&bench).await;
    bench.lose(PLACE, When::After);
    let disk: u64 = bench.disk().await.parse().unwrap();
    assert_ne!(disk, foreign);
    assert_eq!(bench.volumes().len(), 2);
    assert_eq!(bench.volume(&foreign.to_string(), "notes")["notes"].as_str().unwrap_or(""), "");
}

/// An order that never arrived leaves nothing, and takes nothing.
#[tokio::test]
async fn an_order_that_never_arrived_fails_and_takes_nothing() {
    let bench = Bench::new();
    let foreign = by_hand(&bench).await;
    bench.lose(PLACE, When::Before);
    let error = bench.ask("create_disk", json!([20480, {}, null])).await.unwrap_err();
    assert!(!error.message.contains("Left in the cloud"), "{error}");
    assert_eq!(bench.volumes(), [foreign]);
}

/// What goes wrong after the order costs nothing in the end: naming, waiting, answering.
#[tokio::test]
async fn a_disk_that_fails_after_its_order_is_cancelled() {
    let bench = Bench::new();
    bench.refuse("SoftLayer_Network_Storage::editObject");
    bench.ask("create_disk", json!([20480, {}, null])).await.unwrap_err();
    assert!(bench.volumes().is_empty());

    let cloud = bench.cloud(json!({}));
    run(&cloud, "create_disk", json!([20480, {}, null])).await;
    assert_eq!(bench.volumes().len(), 1);
    Provider::answer_was_lost(&cloud).await.unwrap();
    assert!(bench.volumes().is_empty(), "nobody knows of it");
}

/// Another director's things, and a person's, are no garbage of ours.
#[tokio::test]
async fn gc_finds_our_own_disks_only() {
    let bench = Bench::new();
    let known = bench.disk().await;
    bench.cloud(json!({})).open_with(&[known.as_str()]).await.unwrap();
    let unknown = bench.disk().await;
    by_hand(&bench).await;
    let other = bench.cloud_of("another-director");
    run(&other, "create_disk", json!([20480, {}, null])).await;
    other.answer_was_written().await;
    let policy = provider::GcPolicy {
        persistent: provider::Persistent::Included,
        ..provider::GcPolicy::default()
    };
    let cloud = bench.cloud(json!({}));
    let found = cloud.garbage(&policy).await.unwrap();
    let verdict = |cid: &str| found.iter().find(|row| row.cid == cid).map(|row| row.verdict);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(verdict(&known), Some(provider::Verdict::Keep));
    assert_eq!(verdict(&unknown), Some(provider::Verdict::Delete));
    for row in found.iter().filter(|row| row.verdict == provider::Verdict::Delete) {
        cloud.delete_garbage(row).await.unwrap();
    }
    let has = bench.ask("has_disk", json!([unknown])).await.unwrap();
    assert_eq!(has, Value::Bool(false));
    assert_eq!(bench.volumes().len(), 3);
}

/// Asks, and leaves it open whether the answer arrives.
async fn run(cloud: &SoftLayer, method: &str, arguments: Value) -> Value {
    let request = json!({"method": method, "arguments": arguments}).to_string();
    let call = Call::decode(&Request::parse(request.as_bytes()).unwrap()).unwrap();
    call.run(cloud, ApiVersion::LATEST).await.unwrap()
}
