//! Orders whose answer was lost: the volume is found without a name, is paid once, and nobody
//! else's is ever taken for it.

use crate::bench::*;
use bosh_cpi::{ApiVersion, Call, Request};
use cpi_kit::Provider;
use cpi_softlayer::{DiskOrder, Intent, SoftLayer};
use journal::Undo;
use serde_json::{Value, json};
use simulator_kit::fault::When;
use simulator_softlayer::World;

const PLACE: &str = "SoftLayer_Product_Order::placeOrder";

/// Orders a volume by hand, as an operator would: 20 GB, 100 IOPS, hourly, no notes; by the same
/// user, or by another one. No journal of ours knows of it.
async fn by_hand_of(bench: &Bench, user: Value) -> u64 {
    let elsewhere = tempfile::tempdir().unwrap();
    let cloud = bench.cloud_at(elsewhere.path(), "nobody", user);
    let disk = run(&cloud, "create_disk", json!([20480, {}, null])).await;
    cloud.answer_was_written().await;
    let disk = disk.as_str().unwrap().to_owned();
    bench.raw(&format!("SoftLayer_Network_Storage/{disk}/editObject"), &[json!({"notes": ""})]);
    disk.parse().unwrap()
}

async fn by_hand(bench: &Bench) -> u64 {
    by_hand_of(bench, json!({})).await
}

/// An order like those that people place by hand, of which the answer was lost.
fn lost(before: &[u64]) -> Intent {
    let operation = journal::OperationId::new();
    let name = cpi_kit::naming::Names::new(Some(DIRECTOR)).disk(operation);
    let order = DiskOrder {
        datacenter: "dal13".into(),
        size: 20,
        iops: Some(100),
        tier: None,
        hourly: true,
    };
    Intent::Disk { name, order, before: before.to_vec() }
}

/// What a lost order has made is cancelled: it is like what was ordered, came after it, was
/// ordered by this user and is nobody's.
#[tokio::test]
async fn what_a_lost_order_has_made_is_cancelled() {
    let bench = Bench::new();
    let before = by_hand(&bench).await;
    by_hand(&bench).await;
    bench.cloud(json!({})).ensure_absent(&lost(&[before])).await.unwrap();
    assert_eq!(bench.volumes(), [before]);
}

/// One volume too many: whose is which? A person must say, and nothing is cancelled until then.
#[tokio::test]
async fn where_it_is_not_certain_nothing_is_cancelled() {
    let bench = Bench::new();
    let (one, other) = (by_hand(&bench).await, by_hand(&bench).await);
    let cloud = bench.cloud(json!({}));
    let target = lost(&[]);
    let error = cloud.ensure_absent(&target).await.unwrap_err();
    for id in [one, other] {
        assert!(error.message.contains(&id.to_string()), "{error}");
    }
    assert_eq!(bench.volumes(), [one, other]);
    let mine = json!({"notes": "the database of accounting"});
    bench.raw(&format!("SoftLayer_Network_Storage/{one}/editObject"), &[mine]);
    cloud.ensure_absent(&target).await.unwrap();
    assert_eq!(bench.volumes(), [one], "what has notes is somebody's");
}

/// Another size, another speed, another place, another bill: another's.
#[tokio::test]
async fn what_is_not_as_it_was_ordered_is_not_cancelled() {
    let bench = Bench::new();
    let foreign = by_hand(&bench).await;
    let cloud = bench.cloud(json!({}));
    let order = |change: fn(&mut DiskOrder)| {
        let Intent::Disk { name, mut order, before } = lost(&[]) else { unreachable!() };
        change(&mut order);
        Intent::Disk { name, order, before }
    };
    for target in [
        order(|it| it.size = 21),
        order(|it| it.iops = Some(200)),
        order(|it| it.datacenter = "wdc07".into()),
        order(|it| it.hourly = false),
    ] {
        cloud.ensure_absent(&target).await.unwrap();
        assert_eq!(bench.volumes(), [foreign], "{target:?}");
    }
}

/// What another user has ordered is never ours.
#[tokio::test]
async fn what_another_user_has_ordered_is_not_cancelled() {
    let mut world = World::builtin().instant();
    let mut other = world.users[0].clone();
    (other.id, other.name, other.api_key) = (4999, "other".into(), "other-key".into());
    world.users.push(other);
    let bench = Bench::of(world);
    let user = json!({"username": "other", "api_key": "other-key"});
    let foreign = by_hand_of(&bench, user).await;
    bench.cloud(json!({})).ensure_absent(&lost(&[])).await.unwrap();
    assert_eq!(bench.volumes(), [foreign]);
}

/// A volume that another operation of the journal has ordered, and is about to name, is that
/// operation's.
#[tokio::test]
async fn what_another_operation_has_ordered_is_not_cancelled() {
    let bench = Bench::new();
    let disk = bench.disk().await;
    let nameless = json!({"notes": ""});
    bench.raw(&format!("SoftLayer_Network_Storage/{disk}/editObject"), &[nameless]);
    bench.cloud(json!({})).ensure_absent(&lost(&[])).await.unwrap();
    assert_eq!(bench.volumes(), [disk.parse::<u64>().unwrap()]);
}

/// Disks that are ordered at once, alike in everything, are told apart.
#[tokio::test]
async fn equal_disks_can_be_ordered_at_once() {
    let bench = Bench::new();
    bench.lose(PLACE, When::After);
    let (a, b, c) = tokio::join!(
        bench.ask("create_disk", json!([20480, {}, null])),
        bench.ask("create_disk", json!([20480, {}, null])),
        bench.ask("create_disk", json!([20480, {}, null])),
    );
    // The one whose answer was lost cannot always be told from those that are on their way.
    let mut made: Vec<u64> =
        [a, b, c].into_iter().filter_map(|disk| disk.ok()?.as_str()?.parse().ok()).collect();
    made.sort_unstable();
    assert!(made.len() >= 2, "{made:?}");
    bench.ask("has_disk", json!(["1"])).await.unwrap();
    assert_eq!(bench.volumes(), made, "each is somebody's, and none is left over");
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
    let policy = cpi_kit::GcPolicy {
        persistent: cpi_kit::Persistent::Included,
        ..cpi_kit::GcPolicy::default()
    };
    let cloud = bench.cloud(json!({}));
    let found = cloud.garbage(&policy).await.unwrap();
    let verdict = |cid: &str| found.iter().find(|row| row.cid == cid).map(|row| row.verdict);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(verdict(&known), Some(cpi_kit::Verdict::Keep));
    assert_eq!(verdict(&unknown), Some(cpi_kit::Verdict::Delete));
    for row in found.iter().filter(|row| row.verdict == cpi_kit::Verdict::Delete) {
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
