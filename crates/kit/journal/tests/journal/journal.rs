//! The journal's promises, on every database that this machine has.

use crate::support::{Cloud, Home, OneAtATime, Thing, hasty, patient};
use cloud_http::Outcome;
use journal::{JournalError, OperationState};
use std::sync::atomic::Ordering::SeqCst;

type Tried = Result<(), JournalError>;

fn lost() -> JournalError {
    JournalError::Row("the answer was lost".into())
}

/// A step that makes a thing and is answered.
async fn make(operation: &mut journal::Operation<'_, Thing>, cloud: &Cloud, name: &str) -> Tried {
    operation
        .step(
            Thing::named(name),
            async || {
                cloud.make(name);
                Outcome::Applied(())
            },
            async || unreachable!("an answered step is not probed"),
        )
        .await
}

async fn states(journal: &Home) -> Vec<OperationState> {
    let rows = journal.open().await.operations().await.expect("rows");
    rows.into_iter().map(|row| row.state).collect()
}

#[tokio::test(flavor = "current_thread")]
async fn a_failed_operation_leaves_nothing() {
    for journal in Home::each() {
        let (ledger, cloud) = (journal.open().await, Cloud::default());
        let mut operation = ledger.begin("create_vm", "cpi-1");
        make(&mut operation, &cloud, "vm").await.expect("made");
        make(&mut operation, &cloud, "address").await.expect("made");
        let left = operation.unwind(&cloud, patient()).await.expect("undone");
        assert!(left.is_empty(), "{left:?}");
        assert!(cloud.names().is_empty());
        assert_eq!(states(&journal).await, [OperationState::Undone]);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn intent_is_durable_before_the_call_is_sent() {
    for journal in Home::each() {
        let ledger = journal.open().await;
        let mut operation = ledger.begin("create_disk", "");
        let seen: Result<usize, JournalError> = operation
            .step(
                Thing::named("disk"),
                async || {
                    let other = journal.open().await;
                    let rows = other.operations().await.expect("rows");
                    Outcome::Applied(other.steps(rows[0].id).await.expect("steps").len())
                },
                async || Ok(None),
            )
            .await;
        assert_eq!(seen.expect("sent"), 1);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_next_call_undoes_what_a_dead_owner_left() {
    for journal in Home::each() {
        let cloud = Cloud::default();
        {
            let ledger = journal.open().await;
            let mut operation = ledger.begin("create_vm", "cpi-1");
            make(&mut operation, &cloud, "vm").await.expect("made");
            // Dropped with its ledger: the file lock and the session end as with a process.
        }
        let next = journal.open().await;
        let recovery = next.recover(&cloud, patient()).await.expect("recovered");
        assert_eq!(recovery.undone.len(), 1);
        assert!(cloud.names().is_empty());
        let again = next.recover(&cloud, patient()).await.expect("recovered");
        assert!(again.undone.is_empty() && again.left.is_empty());
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_living_owner_is_left_alone() {
    for journal in Home::each() {
        let (ledger, cloud) = (journal.open().await, Cloud::default());
        let mut operation = ledger.begin("create_vm", "");
        make(&mut operation, &cloud, "vm").await.expect("made");
        let other = journal.open().await;
        let recovery = other.recover(&cloud, patient()).await.expect("read");
        assert!(recovery.undone.is_empty() && recovery.left.is_empty());
        assert!(other.is_live(operation.id()).await.expect("asked"));
        assert_eq!(cloud.names(), ["vm"]);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_was_answered_stays() {
    for journal in Home::each() {
        let (ledger, cloud) = (journal.open().await, Cloud::default());
        let mut operation = ledger.begin("create_vm", "");
        make(&mut operation, &cloud, "vm").await.expect("made");
        operation.answer(Some("cid-1")).await.expect("written");
        drop(operation); // killed before it could close
        let next = journal.open().await;
        next.recover(&cloud, patient()).await.expect("recovered");
        assert_eq!(cloud.names(), ["vm"]);
        assert!(!next.is_known("cid-1").await.expect("asked"));
        next.acknowledge("cid-1").await.expect("noted");
        assert!(next.is_known("cid-1").await.expect("asked"));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn an_answer_that_cannot_be_written_is_undone() {
    for journal in Home::each() {
        let (ledger, cloud) = (journal.open().await, Cloud::default());
        let mut operation = ledger.begin("create_vm", "");
        make(&mut operation, &cloud, "vm").await.expect("made");
        operation.answer(Some("cid-1")).await.expect("written");
        operation.unwind(&cloud, patient()).await.expect("undone");
        assert!(cloud.names().is_empty());
        assert_eq!(states(&journal).await, [OperationState::Undone]);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_lost_request_that_was_not_seen_stays_open_until_the_horizon() {
    for journal in Home::each() {
        let (ledger, cloud) = (journal.open().await, Cloud::default());
        let mut operation = ledger.begin("create_vm", "");
        let lost: Tried = operation
            .step(Thing::named("vm"), async || Outcome::Unknown(lost()), async || Ok(None))
            .await;
        lost.expect_err("nothing was found");
        let left = operation.unwind(&cloud, hasty()).await.expect("tried");
        assert_eq!(left.len(), 1, "it may still appear");
        cloud.make("vm");
        journal.open().await.recover(&cloud, hasty()).await.expect("recovered");
        assert!(cloud.names().is_empty());
        assert_eq!(states(&journal).await, [OperationState::Undone]);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn an_unknown_outcome_that_the_probe_finds_is_a_success() {
    for journal in Home::each() {
        let ledger = journal.open().await;
        let mut operation = ledger.begin("create_vm", "");
        let found: Result<&str, JournalError> = operation
            .step(Thing::named("vm"), async || Outcome::Unknown(lost()), async || Ok(Some("id")))
            .await;
        assert_eq!(found.expect("found"), "id");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn undo_insists_and_then_leaves_the_rest_to_the_next_call() {
    for journal in Home::each() {
        let (ledger, cloud) = (journal.open().await, Cloud::default());
        let mut operation = ledger.begin("create_vm", "");
        make(&mut operation, &cloud, "vm").await.expect("made");
        *cloud.failures.borrow_mut() = 1;
        let left = operation.unwind(&cloud, hasty()).await.expect("tried");
        assert!(left[0].to_string().contains("thing 'vm' (the cloud is down)"), "{left:?}");
        let rows = ledger.operations().await.expect("rows");
        assert_eq!(rows[0].state, OperationState::Unwinding);
        assert!(rows[0].note.as_deref().is_some_and(|note| note.contains("the cloud is down")));
        *cloud.failures.borrow_mut() = 2;
        let recovery = journal.open().await.recover(&cloud, patient()).await.expect("recovered");
        assert_eq!(recovery.undone.len(), 1, "two failures within the deadline are no matter");
        assert!(cloud.names().is_empty());
    }
}

/// Changes `disk-1`, and answers for it or dies.
async fn change(journal: &Home, cloud: &Cloud, name: &str, answered: bool) {
    let ledger = journal.open().await;
    let mut operation = ledger.begin("attach_disk", "");
    let target = Thing { name: name.into(), cid: Some("disk-1".into()) };
    let act = async || {
        cloud.make(name);
        Outcome::Applied(())
    };
    let tried: Tried = operation.step(target, act, async || Ok(None)).await;
    tried.expect("changed");
    if answered {
        operation.answer(Some("disk-1")).await.expect("written");
        ledger.close(operation.park().expect("it changed something")).await;
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_change_that_a_later_operation_answered_for_is_not_undone() {
    for journal in Home::each() {
        let cloud = Cloud::default();
        change(&journal, &cloud, "attachment", false).await;
        change(&journal, &cloud, "attachment", true).await;
        journal.open().await.recover(&cloud, patient()).await.expect("recovered");
        assert_eq!(cloud.names(), ["attachment"]);
    }
}

/// A second try of what was answered before changes nothing, however it ends. One of what was
/// changed back in between is undone.
#[tokio::test(flavor = "current_thread")]
async fn a_change_that_repeats_what_was_answered_last_is_not_undone() {
    for journal in Home::each() {
        let cloud = Cloud::default();
        change(&journal, &cloud, "attachment", true).await;
        change(&journal, &cloud, "attachment", false).await;
        journal.open().await.recover(&cloud, patient()).await.expect("recovered");
        assert_eq!(cloud.names(), ["attachment"]);
        change(&journal, &cloud, "detachment", true).await;
        change(&journal, &cloud, "attachment", false).await;
        journal.open().await.recover(&cloud, patient()).await.expect("recovered");
        assert_eq!(cloud.names(), ["detachment"]);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn only_operations_of_the_own_key_are_repaired() {
    for journal in Home::each() {
        let cloud = Cloud::default();
        {
            let ledger = journal.open().await;
            let mut operation = ledger.begin("create_vm", "");
            make(&mut operation, &cloud, "vm").await.expect("made");
        }
        let stranger = journal.open_as("another").await;
        let recovery = stranger.recover(&cloud, patient()).await.expect("read");
        assert!(recovery.undone.is_empty());
        assert_eq!(cloud.names(), ["vm"]);
        assert_eq!(stranger.operations().await.expect("rows").len(), 1, "but it is shown");
    }
}

/// With PostgreSQL the lock is the session's; an owner that loses it must not go on.
#[tokio::test(flavor = "current_thread")]
async fn an_owner_that_lost_its_lock_stops_before_its_next_call() {
    for journal in Home::each() {
        let (ledger, cloud) = (journal.open().await, Cloud::default());
        let mut operation = ledger.begin("create_vm", "");
        make(&mut operation, &cloud, "vm").await.expect("made");
        if !journal.cut_sessions() {
            continue;
        }
        make(&mut operation, &cloud, "address").await.expect_err("the session is gone");
        assert_eq!(cloud.names(), ["vm"], "the second call was not sent");
        journal.open().await.recover(&cloud, patient()).await.expect("recovered");
        assert!(cloud.names().is_empty());
    }
}

/// Also while it is given up and taken again and again, as by many calls in a cloud that is down.
#[test]
fn two_processes_never_repair_the_same_operation() {
    for journal in Home::each() {
        in_a_process(async || {
            let (ledger, cloud) = (journal.open().await, Cloud::default());
            let mut operation = ledger.begin("create_vm", "");
            make(&mut operation, &cloud, "vm").await.expect("made");
        });
        let down = OneAtATime::default();
        let recover_often = || {
            in_a_process(async || {
                let ledger = journal.open().await;
                while down.tries.load(SeqCst) < 80 {
                    ledger.recover(&down, hasty()).await.expect("the journal works");
                }
            });
        };
        std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(recover_often))));
    }
}

/// Or a call would answer for what another one undoes a moment later.
#[tokio::test(flavor = "current_thread")]
async fn a_thing_is_settled_when_no_earlier_operation_on_it_is_open() {
    for journal in Home::each() {
        let (ledger, cloud) = (journal.open().await, Cloud::default());
        let mut operation = ledger.begin("attach_disk", "");
        let attach = Thing { name: "attachment".into(), cid: Some("disk-1".into()) };
        let act = async || {
            cloud.make("attachment");
            Outcome::Applied(())
        };
        let tried: Tried = operation.step(attach, act, async || Ok(None)).await;
        tried.expect("attached");
        let id = operation.id();

        let next = journal.open().await;
        assert_eq!(
            next.wait_until_idle("disk-1", &cloud, hasty()).await.expect("read"),
            [id],
            "it lives"
        );
        assert!(next.wait_until_idle("disk-2", &cloud, hasty()).await.expect("read").is_empty());
        assert_eq!(cloud.names(), ["attachment"]);
        drop(operation);
        drop(ledger);
        assert!(
            next.wait_until_idle("disk-1", &cloud, patient()).await.expect("undone").is_empty()
        );
        assert!(cloud.names().is_empty());
        assert_eq!(states(&journal).await, [OperationState::Undone]);
    }
}

/// With the runtime go the sessions, as with a process.
fn in_a_process(act: impl AsyncFnOnce()) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(act());
}
