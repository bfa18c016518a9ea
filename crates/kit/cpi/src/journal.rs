//! A provider's journal: opened by the first call that needs it, with what is answered but not
//! yet written to the caller.

use crate::StateDir;
use crate::properties::LedgerProperties;
use bosh_cpi::{CpiError, Result};
use cloud_http::{Deadline, reveal};
use journal::{Database, Journal, JournalError, Key, Operation, Parked, Place, UndoBudget};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// How long an undo waits at once; it is tried again where that was too short.
const SHORT: Duration = Duration::from_secs(10);

/// The journal of one process, whose steps make or change `T`s.
pub struct CallJournal<T> {
    state_dir: Rc<StateDir>,
    key: Key,
    properties: LedgerProperties,
    request_id: String,
    ledger: OnceCell<Journal>,
    /// What is answered but not yet written to the caller.
    parked: RefCell<Vec<Parked<T>>>,
}

impl<T> CallJournal<T> {
    /// The journal for `key`, in `state_dir` unless the properties name a database. Opens
    /// nothing yet.
    pub fn new(
        state_dir: Rc<StateDir>,
        key: Key,
        properties: LedgerProperties,
        request_id: Option<&str>,
    ) -> Self {
        let request_id = request_id.unwrap_or_default().to_owned();
        let (ledger, parked) = (OnceCell::new(), RefCell::default());
        Self { state_dir, key, properties, request_id, ledger, parked }
    }

    /// The open journal.
    pub(crate) async fn open(&self) -> Result<&Journal> {
        self.ledger.get_or_try_init(|| self.open_now()).await
    }

    async fn open_now(&self) -> Result<Journal> {
        self.properties.validate()?;
        let ca_cert = self.properties.ca_cert.as_deref();
        let url = self.properties.url.as_ref().filter(|url| !reveal(url).is_empty());
        let opened = match url {
            Some(url) => {
                let place = Place::Postgres(Database { url, ca_cert });
                Journal::open(place, self.key.clone()).await
            }
            None => Journal::open(Place::Directory(self.state_dir.path()?), self.key.clone()).await,
        };
        opened.map_err(unusable)
    }

    /// The journal, if a call has opened it.
    pub(crate) fn opened(&self) -> Option<&Journal> {
        self.ledger.get()
    }

    pub(crate) fn begin<'l>(&self, ledger: &'l Journal, method: &str) -> Operation<'l, T> {
        ledger.begin(method, &self.request_id)
    }

    pub(crate) fn park(&self, parked: Option<Parked<T>>) {
        self.parked.borrow_mut().extend(parked);
    }

    pub(crate) fn take_parked(&self) -> Vec<Parked<T>> {
        self.parked.take()
    }

    /// How long to insist on removing what a failed call has made.
    pub fn patience(&self) -> UndoBudget {
        let horizon = self.properties.horizon();
        UndoBudget { horizon, deadline: Deadline::after(self.properties.budget()) }
    }

    /// The same for what earlier calls have left: once, since this call is about something else.
    pub(crate) fn once(&self) -> UndoBudget {
        UndoBudget { deadline: Deadline::after(Duration::ZERO), ..self.patience() }
    }

    /// `deadline` for an undo. It is tried again, by this call or a later one, so that it may
    /// give up sooner.
    pub fn undo_deadline(&self, deadline: Deadline) -> Deadline {
        deadline.or_sooner(self.properties.budget().max(SHORT))
    }

    /// When an undo stops waiting for what the call that it undoes has begun.
    pub fn soon(&self) -> Deadline {
        Deadline::after(SHORT)
    }
}

/// A journal that cannot be used fails the call, as nothing could be undone. It is worth
/// repeating where its database was merely not reached.
pub(crate) fn unusable(error: JournalError) -> CpiError {
    CpiError::cpi(error.to_string()).retry(error.may_pass())
}
