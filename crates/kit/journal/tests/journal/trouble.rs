//! Clouds that are not there, lists that lag, and folders and databases that are no journal.

use crate::support::{Home, Thing};
use cloud_http::{Deadline, Outcome};
use journal::{
    Absence, Database, Journal, JournalError, Key, OperationState, Place, Undo, UndoBudget,
};
use secrecy::SecretString;
use std::cell::{Cell, RefCell};
use std::path::Path;
use std::time::{Duration, Instant};

fn lost() -> JournalError {
    JournalError::Row("no answer".into())
}

async fn step(
    operation: &mut journal::Operation<'_, Thing>,
    name: &str,
    outcome: Outcome<(), JournalError>,
) {
    let _: Result<(), JournalError> =
        operation.step(Thing::named(name), async || outcome, async || Ok(None)).await;
}

/// A cloud that cannot be reached; how often it was tried.
#[derive(Default)]
struct Away {
    tries: Cell<u32>,
}

impl Undo for Away {
    type Intent = Thing;
    type Error = String;

    async fn ensure_absent(&self, _: &Thing) -> Result<Absence, String> {
        self.tries.set(self.tries.get() + 1);
        Err("no connection".into())
    }

    fn is_locked_out(&self) -> bool {
        self.tries.get() > 0
    }
}

/// A cloud whose lists show what there is only at the so-manieth look.
struct Lagging {
    looks: Cell<u32>,
    there: RefCell<bool>,
}

impl Undo for Lagging {
    type Intent = Thing;
    type Error = String;

    async fn ensure_absent(&self, _: &Thing) -> Result<Absence, String> {
        let left = self.looks.get().saturating_sub(1);
        self.looks.set(left);
        let found = left == 0 && self.there.replace(false);
        Ok(if found { Absence::Final } else { Absence::MayAppear })
    }
}

fn budget(seconds: u64) -> UndoBudget {
    UndoBudget {
        horizon: Duration::from_secs(60),
        deadline: Deadline::after(Duration::from_secs(seconds)),
    }
}

/// What certainly never left this machine need not be looked for: an outage is cheap.
#[tokio::test(flavor = "current_thread")]
async fn what_was_not_sent_is_not_looked_for() {
    for home in Home::each() {
        let (journal, away) = (home.open().await, Away::default());
        let mut operation = journal.begin("create_disk", "");
        step(&mut operation, "disk", Outcome::NotSent(lost())).await;
        let left = operation.unwind(&away, budget(20)).await.expect("undone");
        assert!(left.is_empty() && away.tries.get() == 0);
        let rows = journal.operations().await.expect("rows");
        assert_eq!(rows[0].state, OperationState::Undone);
    }
}

/// Eight open operations of a cloud that is away cost one attempt in all, not one each.
#[tokio::test(flavor = "current_thread")]
async fn open_operations_of_an_absent_cloud_cost_one_attempt() {
    for home in Home::each() {
        {
            let journal = home.open().await;
            for number in 0..8 {
                let mut operation = journal.begin("create_vm", "");
                step(&mut operation, &format!("vm-{number}"), Outcome::Applied(())).await;
                step(&mut operation, &format!("ip-{number}"), Outcome::Applied(())).await;
            }
        }
        let (next, away, begun) = (home.open().await, Away::default(), Instant::now());
        let recovery = next.recover(&away, budget(60)).await.expect("read");
        assert_eq!((recovery.left.len(), away.tries.get()), (8, 1));
        assert!(begun.elapsed() < Duration::from_secs(30));
        let states: Vec<_> = next.operations().await.expect("rows");
        assert!(states.iter().all(|row| row.state.is_unfinished()), "they stay open");
    }
}

/// What was made is there, even if a list does not show it yet.
#[tokio::test(flavor = "current_thread")]
async fn a_list_that_lags_is_looked_at_again() {
    let home = Home::sqlite();
    let journal = home.open().await;
    for outcome in [Outcome::Applied(()), Outcome::Failed(lost())] {
        let cloud = Lagging { looks: Cell::new(3), there: RefCell::new(true) };
        let mut operation = journal.begin("create_vm", "");
        step(&mut operation, "vm", outcome).await;
        let left = operation.unwind(&cloud, budget(30)).await.expect("undone");
        assert!(left.is_empty() && !*cloud.there.borrow(), "it was found in the end");
    }
}

/// What the cloud refused at once has changed nothing: one look will do.
#[tokio::test(flavor = "current_thread")]
async fn a_refusal_is_believed_at_the_first_look() {
    let home = Home::sqlite();
    let journal = home.open().await;
    let cloud = Lagging { looks: Cell::new(3), there: RefCell::new(false) };
    let mut operation = journal.begin("create_vm", "");
    step(&mut operation, "vm", Outcome::NotApplied(lost())).await;
    assert!(operation.unwind(&cloud, budget(30)).await.expect("undone").is_empty());
    assert_eq!(cloud.looks.get(), 2);
}

async fn refused(dir: &Path) -> JournalError {
    let key = Key { endpoint: "e".into(), account: "a".into(), project: String::new() };
    Journal::open(Place::Directory(dir), key).await.err().expect("it is refused")
}

/// A folder that depends on where the CPI is called would be another journal each time.
#[tokio::test(flavor = "current_thread")]
async fn a_state_dir_that_is_none_is_refused() {
    for dir in ["", "store/cpi", "./cpi", "file:/var/vcap/store/cpi", "file:cpi?mode=memory"] {
        let error = refused(Path::new(dir)).await;
        assert!(matches!(error, JournalError::Directory { .. }), "{dir}: {error}");
        assert!(error.to_string().contains("give an absolute path"), "{error}");
    }
}

/// An empty file is what a full disk or a failed restore leaves: taken for a new journal, it would
/// hide everything that is open.
#[tokio::test(flavor = "current_thread")]
async fn an_empty_file_is_not_a_new_journal() {
    let home = Home::sqlite();
    std::fs::write(home.directory().join("ledger.db"), "").expect("written");
    let error = refused(home.directory()).await;
    assert!(matches!(error, JournalError::Foreign { .. }), "{error}");
    assert!(error.to_string().contains("the file is empty"), "{error}");
}

/// Somebody else's database is left as it is.
#[tokio::test(flavor = "current_thread")]
async fn a_foreign_database_is_not_a_journal() {
    for version in [0, 2, 3] {
        let home = Home::sqlite();
        let path = home.directory().join("ledger.db");
        let file = rusqlite::Connection::open(&path).expect("opens");
        file.execute_batch(&format!(
            "CREATE TABLE song (title TEXT); PRAGMA user_version = {version};"
        ))
        .expect("written");
        drop(file);
        let before = std::fs::read(&path).expect("read");
        let error = refused(home.directory()).await;
        assert!(matches!(error, JournalError::Foreign { .. }), "{version}: {error}");
        assert_eq!(std::fs::read(&path).expect("read"), before, "it is left as it is");
    }
}

/// A process that dies while it makes the journal leaves nothing that looks like one.
#[tokio::test(flavor = "current_thread")]
async fn half_a_journal_is_made_anew() {
    let home = Home::sqlite();
    std::fs::write(home.directory().join("ledger.db.new"), "half").expect("written");
    let journal = home.open().await;
    assert!(journal.operations().await.expect("rows").is_empty());
    assert!(!home.directory().join("ledger.db.new").exists());
}

/// A server that accepts and never answers must not hang every call; the call is worth repeating.
#[tokio::test(flavor = "current_thread")]
async fn a_silent_database_is_given_up() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let port = silent.local_addr().expect("an address").port();
    let open = async |url: String| {
        let url = SecretString::from(url);
        let key = Key { endpoint: "e".into(), account: "a".into(), project: String::new() };
        let database = Database { url: &url, ca_cert: None };
        Journal::open(Place::Postgres(database), key).await.err().expect("not there")
    };
    let begun = Instant::now();
    let error = open(format!("postgres://u:hush@127.0.0.1:{port}/j?connect_timeout=1")).await;
    assert!(error.may_pass(), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    drop(silent);
    let error = open(format!("postgres://u:hush@127.0.0.1:{port}/j")).await;
    assert!(error.may_pass() && !error.to_string().contains("hush"), "{error}");
}
