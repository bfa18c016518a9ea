//! Every API call of every method on disks, gone wrong in every way: lost on the way, its answer
//! lost, its caller dead. Whatever comes of it, nothing is paid for of which nobody knows.

use crate::bench::*;
use serde_json::{Value, json};
use simulator_kit::fault::{Fault, FaultKind, When};
use std::time::Duration;

/// How a call goes wrong.
#[derive(Debug, Clone, Copy)]
enum Wrong {
    /// The request is lost.
    Request,
    /// The answer is lost.
    Answer,
    /// The caller dies while it waits for the answer.
    Caller,
}

const ALL: [Wrong; 3] = [Wrong::Request, Wrong::Answer, Wrong::Caller];

/// A dead caller is one that waits for an answer and is dropped: its lock is free then.
const PATIENCE: Duration = Duration::from_millis(400);

impl Wrong {
    fn fault(self, occurrence: u32) -> Fault {
        let (when, kind) = match self {
            Self::Request => (When::Before, FaultKind::Reset),
            Self::Answer => (When::After, FaultKind::Reset),
            Self::Caller => (When::After, FaultKind::Hang { seconds: 60.0 }),
        };
        Fault { command: "*".into(), occurrence, times: 1, when, kind }
    }
}

/// Waits until the declared fault has struck, and a moment more, in which what it lets happen
/// happens. However loaded the machine is, a caller does not die before.
async fn struck(bench: &Bench) {
    while bench.simulator.faults_struck() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
}

/// Asks while the `occurrence`th API call goes wrong; None if the caller died. Then another call
/// finishes what was left.
async fn ask(
    bench: &Bench,
    wrong: Wrong,
    occurrence: u32,
    method: &str,
    arguments: Value,
) -> Option<Result<Value, String>> {
    bench.simulator.declare_faults(vec![wrong.fault(occurrence)]);
    let asked = bench.ask(method, arguments);
    let answer = match wrong {
        Wrong::Caller => tokio::select! {
            answer = asked => Some(answer),
            () = struck(bench) => None,
        },
        _ => Some(asked.await),
    };
    assert_eq!(bench.simulator.faults_struck(), 1, "{method}, call {occurrence}");
    bench.simulator.declare_faults(Vec::new());
    bench.ask("has_disk", json!(["1"])).await.unwrap();
    answer.map(|answer| answer.map_err(|error| error.message))
}

/// How many API calls a method makes.
async fn calls(bench: &Bench, method: &str, arguments: Value) -> u32 {
    bench.calls();
    bench.ask(method, arguments).await.unwrap();
    u32::try_from(bench.calls().len()).unwrap()
}

fn billed(bench: &Bench) -> Vec<String> {
    let left = bench.simulator.inventory();
    assert!(left.open_orders.is_empty(), "orders: {:?}", left.open_orders);
    left.billed.iter().map(|item| format!("{item:?}")).collect()
}

#[tokio::test]
async fn no_order_of_a_disk_is_paid_in_vain() {
    let new = json!([20480, {"snapshot_space": 5}, null]);
    let all = calls(&Bench::new(), "create_disk", new.clone()).await;
    for wrong in ALL {
        for occurrence in 1..=all {
            let at = format!("create_disk, call {occurrence} of {all}, {wrong:?}");
            let bench = Bench::new();
            match ask(&bench, wrong, occurrence, "create_disk", new.clone()).await {
                Some(Ok(disk)) => {
                    let disk: u64 = disk.as_str().unwrap().parse().unwrap();
                    assert_eq!(bench.volumes(), [disk], "{at}");
                }
                Some(Err(_)) | None => assert_eq!(billed(&bench), [""; 0], "{at}"),
            }
        }
    }
}

#[tokio::test]
async fn no_space_for_snapshots_is_paid_in_vain() {
    let bench = Bench::new();
    let disk = bench.disk().await;
    let all = calls(&bench, "snapshot_disk", json!([disk, {}])).await;
    for wrong in ALL {
        for occurrence in 1..=all {
            let at = format!("snapshot_disk, call {occurrence} of {all}, {wrong:?}");
            let bench = Bench::new();
            let disk = bench.disk().await;
            let before = billed(&bench).len();
            let taken = ask(&bench, wrong, occurrence, "snapshot_disk", json!([disk, {}])).await;
            let snapshots = bench.simulator.inventory().snapshots;
            match taken {
                Some(Ok(_)) => assert_eq!(snapshots.len(), 1, "{at}"),
                Some(Err(_)) | None => {
                    assert_eq!(snapshots, [], "{at}");
                    assert_eq!(billed(&bench).len(), before, "{at}: {:?}", billed(&bench));
                }
            }
        }
    }
}

/// What failed to be attached is attached to nobody; what failed to be detached can be again.
#[tokio::test]
async fn a_disk_is_attached_as_was_answered() {
    let bench = Bench::new();
    let (vm, disk) = (bench.made_by_hand(), bench.disk().await);
    let all = calls(&bench, "attach_disk", json!([vm, disk])).await;
    let to_detach = calls(&bench, "detach_disk", json!([vm, disk])).await;
    for wrong in ALL {
        for occurrence in 1..=all {
            let at = format!("attach_disk, call {occurrence} of {all}, {wrong:?}");
            let bench = Bench::new();
            let (vm, disk) = (bench.made_by_hand(), bench.disk().await);
            let attached = ask(&bench, wrong, occurrence, "attach_disk", json!([vm, disk])).await;
            let disks = bench.ask("get_disks", json!([vm])).await.unwrap();
            match attached {
                Some(Ok(_)) => assert_eq!(disks, json!([disk]), "{at}"),
                Some(Err(_)) | None => assert_eq!(disks, json!([]), "{at}"),
            }
            bench.ask("attach_disk", json!([vm, disk])).await.unwrap();
            if occurrence > to_detach {
                continue;
            }
            let detached = ask(&bench, wrong, occurrence, "detach_disk", json!([vm, disk])).await;
            if let Some(Ok(_)) = detached {
                assert_eq!(bench.ask("get_disks", json!([vm])).await.unwrap(), json!([]), "{at}");
            }
        }
    }
}

/// A disk has the old size or the new one, and the same call brings it to the new one.
#[tokio::test]
async fn a_disk_that_did_not_grow_can_grow() {
    let bench = Bench::new();
    let disk = bench.disk().await;
    let all = calls(&bench, "resize_disk", json!([disk, 40 * 1024])).await;
    // A lost request for an upgrade is waited for: it may still come about.
    let short = json!({"timeout": {"resize_disk": 1}});
    for wrong in ALL {
        for occurrence in 1..=all {
            let at = format!("resize_disk, call {occurrence} of {all}, {wrong:?}");
            let bench = Bench::new();
            let disk = bench.disk().await;
            bench.simulator.declare_faults(vec![wrong.fault(occurrence)]);
            let grow = json!([disk, 40 * 1024]);
            let asked = bench.ask_with(short.clone(), "resize_disk", grow.clone());
            if let Ok(Err(error)) = tokio::time::timeout(PATIENCE * 8, asked).await {
                assert!(!error.message.contains("Left in the cloud"), "{at}: {error}");
            }
            bench.simulator.declare_faults(Vec::new());
            bench.ask("resize_disk", grow).await.unwrap_or_else(|error| panic!("{at}: {error}"));
            assert_eq!(
                crate::volumes::number(&bench.volume(&disk, "capacityGb")["capacityGb"]),
                40
            );
        }
    }
}

#[tokio::test]
async fn what_was_to_be_deleted_is_deleted_the_second_time_at_last() {
    let bench = Bench::new();
    let disk = bench.disk().await;
    let all = calls(&bench, "delete_disk", json!([disk])).await;
    for wrong in ALL {
        for occurrence in 1..=all {
            let bench = Bench::new();
            let disk = bench.disk().await;
            ask(&bench, wrong, occurrence, "delete_disk", json!([disk])).await;
            bench.ask("delete_disk", json!([disk])).await.unwrap();
            assert_eq!(billed(&bench), [""; 0], "call {occurrence} of {all}, {wrong:?}");
        }
    }
}
