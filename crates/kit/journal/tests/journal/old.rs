//! What is forgotten, and what a release cannot read.

use crate::support::{Cloud, Home, Thing, hasty, patient};
use cloud_http::Outcome;
use journal::{Intent, Journal, JournalError, Operation, OperationState, REMEMBERED};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a newer release might write.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Newer {
    kind: String,
    disk: String,
}

impl std::fmt::Display for Newer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.kind)
    }
}

impl Intent for Newer {}

fn newer() -> Newer {
    Newer { kind: "teleport".into(), disk: "disk-1".into() }
}

async fn changed<T: Intent>(operation: &mut Operation<'_, T>, target: T) {
    let tried: Result<(), JournalError> =
        operation.step(target, async || Outcome::Applied(()), async || Ok(None)).await;
    tried.expect("written");
}

/// An operation that ends in this state, if it does not die.
async fn operation(ledger: &Journal, end: Option<Option<&str>>) {
    let mut operation = ledger.begin("create_vm", "");
    changed(&mut operation, Thing::named("thing")).await;
    let Some(cid) = end else { return };
    operation.answer(cid).await.expect("written");
    ledger.close(operation.park().expect("it changed something")).await;
}

async fn states(ledger: &Journal) -> Vec<OperationState> {
    ledger.operations().await.expect("rows").into_iter().map(|row| row.state).collect()
}

/// Every other call goes on; people see what is left and why.
#[tokio::test(flavor = "current_thread")]
async fn what_cannot_be_read_stays_open_and_stops_nobody() {
    for journal in Home::each() {
        let cloud = Cloud::default();
        {
            let ledger = journal.open().await;
            let mut strange = ledger.begin("attach_disk", "");
            changed(&mut strange, newer()).await;
            operation(&ledger, None).await;
        }
        let next = journal.open().await;
        let recovery = next.recover(&cloud, patient()).await.expect("the journal works");
        assert_eq!((recovery.undone.len(), recovery.left.len()), (1, 1));
        let told = recovery.left[0].1[0].to_string();
        assert!(told.contains("step 0") && told.contains("cannot read it"), "{told}");
        assert_eq!(states(&next).await, [OperationState::Open, OperationState::Undone]);
        let rows = next.operations().await.expect("rows");
        assert!(rows[0].note.as_deref().is_some_and(|note| note.contains("cannot read it")));
        // Nor does anybody wait for it who works on the same disk.
        assert!(next.wait_until_idle("disk-1", &cloud, patient()).await.expect("read").is_empty());
        let again = next.recover(&cloud, patient()).await.expect("the journal works");
        assert_eq!((again.undone.len(), again.left.len()), (0, 1));
        let changed = next.operations().await.expect("rows")[0].changed;
        assert_eq!(changed, rows[0].changed, "it is noted once");
    }
}

/// What nobody can undo is given up by a person; not while its owner lives.
#[tokio::test(flavor = "current_thread")]
async fn an_abandoned_operation_can_be_given_up() {
    for journal in Home::each() {
        let ledger = journal.open().await;
        let mut strange = ledger.begin("attach_disk", "");
        changed(&mut strange, newer()).await;
        let (id, other) = (strange.id(), journal.open().await);
        assert!(!other.forget(id, "why").await.expect("asked"), "it lives");
        drop(strange);
        drop(ledger);
        // A server notices a moment later that a session is gone.
        let end = Instant::now() + Duration::from_secs(20);
        while other.is_live(id).await.expect("asked") && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(other.forget(id, "why").await.expect("written"));
        assert_eq!(states(&other).await, [OperationState::Undone]);
        assert!(!other.forget(id, "why").await.expect("asked"), "it is no more");
        let recovery = other.recover(&Cloud::default(), patient()).await.expect("read");
        assert!(recovery.undone.is_empty() && recovery.left.is_empty());
    }
}

/// Steps are undone in order: what could be read is not undone before what could not.
#[tokio::test(flavor = "current_thread")]
async fn half_an_operation_is_not_undone() {
    for journal in Home::each() {
        let cloud = Cloud::default();
        cloud.make("vm");
        {
            let ledger = journal.open().await;
            let mut mixed = ledger.begin::<Either>("create_vm", "");
            changed(&mut mixed, Either::Thing(Thing::named("vm"))).await;
            changed(&mut mixed, Either::Newer(newer())).await;
        }
        let next = journal.open().await;
        let recovery = next.recover(&cloud, hasty()).await.expect("the journal works");
        assert_eq!((recovery.left.len(), recovery.left[0].1.len()), (1, 1));
        assert_eq!(cloud.names(), ["vm"]);
    }
}

/// A target that reads as a thing, or does not.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Thing(Thing),
    Newer(Newer),
}

impl std::fmt::Display for Either {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("either")
    }
}

impl Intent for Either {}

/// A word of a newer release does not hide the rest of the journal.
#[tokio::test(flavor = "current_thread")]
async fn a_state_that_nobody_knows_is_shown() {
    let journal = Home::sqlite();
    let ledger = journal.open().await;
    operation(&ledger, Some(None)).await;
    operation(&ledger, Some(None)).await;
    let file = rusqlite::Connection::open(journal.directory().join("ledger.db")).expect("opens");
    let first = "UPDATE operation SET state = 'frozen' WHERE id = (SELECT MIN(id) FROM operation)";
    assert_eq!(file.execute(first, []).expect("changed"), 1);
    assert_eq!(states(&ledger).await, [OperationState::Unreadable, OperationState::Done]);
    let recovery = ledger.recover(&Cloud::default(), patient()).await.expect("read");
    assert!(recovery.undone.is_empty() && recovery.left.is_empty());
}

/// What ended is kept for a week, what was answered much longer, what is open for ever.
#[tokio::test(flavor = "current_thread")]
async fn what_ended_long_ago_is_forgotten() {
    for journal in Home::each() {
        let ledger = journal.open().await;
        operation(&ledger, Some(None)).await;
        operation(&ledger, Some(Some("cid-1"))).await;
        operation(&ledger, Some(Some("cid-2"))).await;
        ledger.acknowledge("cid-2").await.expect("written");
        operation(&ledger, None).await;
        let at = async |age: Duration| {
            ledger.tidy(SystemTime::now() + age).await.expect("tidied");
            states(&ledger).await
        };
        use OperationState::{Answered, Done, Known, Open};
        assert_eq!(at(DAY).await, [Done, Answered, Known, Open]);
        assert_eq!(at(DAY * 8).await, [Answered, Known, Open]);
        assert!(ledger.is_known("cid-2").await.expect("asked"));
        assert_eq!(at(REMEMBERED + DAY).await, [Open]);
        let open = ledger.operations().await.expect("rows")[0].id;
        assert_eq!(ledger.steps(open).await.expect("rows").len(), 1, "with its steps");
    }
}

/// The empty file of an owner that was killed before its operation stood in the journal goes;
/// that of one that lives stays, however old.
#[tokio::test(flavor = "current_thread")]
async fn locks_of_the_dead_are_removed() {
    let journal = Home::sqlite();
    let ledger = journal.open().await;
    let mut living = ledger.begin("create_vm", "");
    changed(&mut living, Thing::named("vm")).await;
    let locks = journal.directory().join("operations");
    std::fs::write(locks.join("019a0000000070008000000000000001.lock"), "").expect("written");
    let names = || {
        let entries = std::fs::read_dir(&locks).expect("read");
        entries.map(|entry| entry.expect("an entry").file_name()).collect::<Vec<_>>()
    };
    ledger.tidy(SystemTime::now()).await.expect("tidied");
    assert_eq!(names().len(), 2, "its owner may be about to lock it");
    ledger.tidy(SystemTime::now() + DAY * 2).await.expect("tidied");
    assert_eq!(names(), [format!("{}.lock", living.id()).as_str()]);
    let other = journal.open().await;
    assert!(other.is_live(living.id()).await.expect("asked"));
}
