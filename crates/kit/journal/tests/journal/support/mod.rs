//! Journals to test on: an SQLite file, and a private PostgreSQL where it is installed.

use cloud_http::Deadline;
use journal::{Absence, Database, Intent, Journal, Key, Place, Undo, UndoBudget};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;
use test_support::postgres::PrivatePostgres;

/// A journal that can be opened again and again, as by one process after another.
pub struct Home {
    directory: tempfile::TempDir,
    postgres: Option<(PrivatePostgres, SecretString)>,
}

impl Home {
    /// One of each kind that this machine has.
    pub fn each() -> Vec<Home> {
        let directory = || tempfile::tempdir().expect("a temporary directory");
        let mut journals = vec![Home { directory: directory(), postgres: None }];
        match PrivatePostgres::start() {
            Ok(server) => {
                let url = SecretString::from(server.url());
                journals.push(Home { directory: directory(), postgres: Some((server, url)) });
            }
            Err(why) => test_support::skip(format!("the tests on PostgreSQL ({why})")),
        }
        journals
    }

    /// The SQLite kind only.
    pub fn sqlite() -> Home {
        Home { directory: tempfile::tempdir().expect("a temporary directory"), postgres: None }
    }

    /// Where the SQLite file is.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// Opens it as one more process would.
    pub async fn open(&self) -> Journal {
        self.open_as("account").await
    }

    /// Opens it for calls of another account.
    pub async fn open_as(&self, account: &str) -> Journal {
        self.open_at("http://cloud/client/api", account).await
    }

    /// Opens it for calls of an account at an endpoint.
    pub async fn open_at(&self, endpoint: &str, account: &str) -> Journal {
        let place = match &self.postgres {
            None => Place::Directory(self.directory.path()),
            Some((_, url)) => Place::Postgres(Database { url, ca_cert: None }),
        };
        open(place, endpoint, account).await
    }

    /// Opens the file in a folder that somebody else keeps.
    pub async fn open_directory(directory: &std::path::Path) -> Journal {
        open(Place::Directory(directory), "http://cloud/client/api", "account").await
    }

    /// Ends every session at once, as a failing network or server does; nothing for SQLite.
    pub fn cut_sessions(&self) -> bool {
        match &self.postgres {
            None => false,
            Some((server, _)) => {
                server.cut_sessions();
                true
            }
        }
    }
}

async fn open(place: Place<'_>, endpoint: &str, account: &str) -> Journal {
    let key = Key { endpoint: endpoint.into(), account: account.into(), project: String::new() };
    Journal::open(place, key).await.expect("the journal opens")
}

/// A thing with a name, in a cloud that is a set of names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Thing {
    /// Its name.
    pub name: String,
    /// The CID whose later answer makes undoing wrong.
    pub cid: Option<String>,
}

impl Thing {
    /// A thing that is made.
    pub fn named(name: &str) -> Thing {
        Thing { name: name.into(), cid: None }
    }
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "thing '{}'", self.name)
    }
}

impl Intent for Thing {
    fn superseded_by(&self) -> Option<&str> {
        self.cid.as_deref()
    }

    fn repeats(&self, earlier: &Self) -> bool {
        self.name == earlier.name
    }
}

/// The cloud.
#[derive(Default)]
pub struct Cloud {
    things: RefCell<BTreeSet<String>>,
    /// How often deleting fails before it works.
    pub failures: RefCell<u32>,
}

impl Cloud {
    /// Makes a thing.
    pub fn make(&self, name: &str) {
        self.things.borrow_mut().insert(name.into());
    }

    /// What is there.
    pub fn names(&self) -> Vec<String> {
        self.things.borrow().iter().cloned().collect()
    }
}

impl Undo for Cloud {
    type Intent = Thing;
    type Error = String;

    async fn ensure_absent(&self, thing: &Thing) -> Result<Absence, String> {
        let mut failures = self.failures.borrow_mut();
        if *failures > 0 {
            *failures -= 1;
            return Err("the cloud is down".into());
        }
        let was_there = self.things.borrow_mut().remove(&thing.name);
        Ok(if was_there { Absence::Final } else { Absence::MayAppear })
    }
}

/// Insists for a while; nothing appears late.
pub fn patient() -> UndoBudget {
    UndoBudget { horizon: Duration::ZERO, deadline: Deadline::after(Duration::from_secs(20)) }
}

/// Tries once; a lost request may still take effect for an hour.
pub fn hasty() -> UndoBudget {
    UndoBudget { horizon: Duration::from_secs(3600), deadline: Deadline::after(Duration::ZERO) }
}

/// A cloud that is down, and that notices if two undo the same thing at once.
#[derive(Default)]
pub struct OneAtATime {
    busy: AtomicBool,
    /// How often something was to be undone.
    pub tries: AtomicUsize,
}

impl Undo for OneAtATime {
    type Intent = Thing;
    type Error = String;

    async fn ensure_absent(&self, thing: &Thing) -> Result<Absence, String> {
        self.tries.fetch_add(1, SeqCst);
        assert!(!self.busy.swap(true, SeqCst), "two undo {thing} at once");
        std::thread::yield_now();
        self.busy.store(false, SeqCst);
        Err("the cloud is down".into())
    }
}
