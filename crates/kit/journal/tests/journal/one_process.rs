//! Many connections of one process, as a daemon has them, beside other processes.

use crate::support::{Cloud, Home, Thing, patient};
use cloud_http::Outcome;
use journal::{Journal, JournalError};
use rustix::fs::FlockOperation;
use std::fs::File;
use std::path::Path;
use std::process::Command;

/// What the other process is told.
const DIRECTORY: &str = "JOURNAL_DIRECTORY";
const THERE: &str = "JOURNAL_OPERATIONS";

async fn make(ledger: &Journal, method: &str) {
    let mut operation = ledger.begin(method, "");
    let made: Result<(), JournalError> = operation
        .step(Thing::named(method), async || Outcome::Applied(()), async || Ok(None))
        .await;
    made.expect("made");
    operation.answer(Some(method)).await.expect("answered");
    ledger.close(operation.park().expect("it changed something")).await;
}

async fn methods(ledger: &Journal) -> Vec<String> {
    let rows = ledger.operations().await.expect("rows");
    rows.into_iter().map(|row| row.method).collect()
}

/// Closing a descriptor of the file drops every lock of the process on it. Another process would
/// take itself for the last one, and delete the WAL into which this one still writes. SQLite
/// notices that since 3.51, most of the time; here the lock itself is looked at.
#[tokio::test(flavor = "current_thread")]
async fn opening_once_more_loses_nothing_of_the_other_connections() {
    let home = Home::sqlite();
    let (first, second) = (home.open().await, home.open().await);
    make(&first, "first").await;
    drop(home.open().await);
    another_process(home.directory(), "first");
    make(&first, "second").await;
    make(&second, "third").await;
    another_process(home.directory(), "first,elsewhere,second,third");
    let all = ["first", "elsewhere", "second", "third", "elsewhere"];
    for ledger in [first, second, home.open().await] {
        assert_eq!(methods(&ledger).await, all);
    }
}

/// Opens the journal, finds the operations `there`, adds one and closes it again.
fn another_process(directory: &Path, there: &str) {
    let ended = Command::new(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "one_process::the_other_process"])
        .env(DIRECTORY, directory)
        .env(THERE, there)
        .output()
        .expect("starts");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
}

#[tokio::test(flavor = "current_thread")]
#[ignore = "run by the test above, in a process of its own"]
async fn the_other_process() {
    let directory = std::env::var_os(DIRECTORY).expect("the journal's folder");
    let file = File::options().write(true).open(Path::new(&directory).join("ledger.db"));
    let file = file.expect("the journal");
    let lock = rustix::fs::fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive);
    assert!(lock.is_err(), "the first process has lost its lock on the journal");
    drop(file);
    let ledger = Home::open_directory(Path::new(&directory)).await;
    assert_eq!(methods(&ledger).await.join(","), std::env::var(THERE).expect("what is there"));
    make(&ledger, "elsewhere").await;
}

/// A session of PostgreSQL gets an advisory lock again that it holds: who asks for its own
/// operation must be told that it lives, and must not undo it.
#[tokio::test(flavor = "current_thread")]
async fn an_operation_is_live_to_its_own_journal() {
    for home in Home::each() {
        let (ledger, cloud) = (home.open().await, Cloud::default());
        let mut operation = ledger.begin("create_vm", "");
        let made: Result<(), JournalError> = operation
            .step(
                Thing::named("vm"),
                async || {
                    cloud.make("vm");
                    Outcome::Applied(())
                },
                async || Ok(None),
            )
            .await;
        made.expect("made");
        assert!(ledger.is_live(operation.id()).await.expect("asked"));
        let recovery = ledger.recover(&cloud, patient()).await.expect("recovered");
        assert!(recovery.undone.is_empty() && recovery.left.is_empty(), "{recovery:?}");
        assert_eq!(cloud.names(), ["vm"]);
    }
}

/// Threads that open, write and close at the same time see every row in the end.
#[test]
fn threads_with_connections_of_their_own_lose_nothing() {
    let home = Home::sqlite();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let directory = home.directory();
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(async {
                    for call in 0..5 {
                        let ledger = Home::open_directory(directory).await;
                        make(&ledger, &format!("{thread}/{call}")).await;
                    }
                });
            });
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let rows = runtime.expect("a runtime").block_on(async { methods(&home.open().await).await });
    assert_eq!(rows.len(), 40);
}
