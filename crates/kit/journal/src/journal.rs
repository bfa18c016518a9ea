//! The journal as a whole: opening it, reading it, and what other calls may learn from it.

use crate::JournalError;
use crate::id::{Key, OperationId, now};
use crate::operation::Operation;
use crate::row::{OperationRow, OperationState, StepRow, StepState, read_id};
use crate::store::{self, Owner, Postgres, Sqlite, Statement, Store, Value};
use crate::undo::Intent;
use secrecy::SecretString;
use std::fmt::Display;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long finished operations are kept, for people who look at `cpi ops`.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long the journal remembers what was answered. A thing that is older and in no journal may
/// have been in it.
pub const REMEMBERED: Duration = Duration::from_secs(2 * 365 * 24 * 3600);

/// One operation in so many looks for what can be forgotten.
const SELDOM: u64 = 64;

/// Where the journal is.
pub enum Place<'a> {
    /// An SQLite file in this directory.
    Directory(&'a Path),
    /// A PostgreSQL database: `postgres://user:password@host/database`.
    Postgres(&'a SecretString),
}

/// An open journal, as seen by calls of one key.
pub struct Journal {
    store: Store,
    key: Key,
}

impl Journal {
    /// Opens the journal, making or migrating it where needed.
    pub async fn open(place: Place<'_>, key: Key) -> Result<Self, JournalError> {
        let store = match place {
            Place::Directory(dir) => Store::Sqlite(Sqlite::open(dir)?),
            Place::Postgres(url) => Store::Postgres(Postgres::open(url).await?),
        };
        Ok(Self { store, key })
    }

    /// Whose operations this ledger repairs.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Begins an operation. Nothing is written before its first step.
    pub fn begin<T>(&self, method: &str, request: &str) -> Operation<'_, T> {
        Operation::new(self, method, request)
    }

    /// Notes that a later call named `cid`: whoever answered it, the director knows it.
    pub async fn acknowledge(&self, cid: &str) -> Result<(), JournalError> {
        let select = (store::SELECT_UNKNOWN, vec![self.key.text().into(), cid.into()]);
        let rows = self.store.read(select).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let updates = rows.iter().map(|row| update(&row.text(0), OperationState::Known, None));
        self.store.write(updates.collect()).await.map(drop)
    }

    /// Whether a later call named `cid`.
    pub async fn is_known(&self, cid: &str) -> Result<bool, JournalError> {
        let select = (store::SELECT_KNOWN, vec![self.key.text().into(), cid.into()]);
        Ok(!self.store.read(select).await?.is_empty())
    }

    /// Whether what a step of `id` did to `cid` is to stay: a younger operation has answered for
    /// the same CID, or the last one that did has done the same before.
    pub(crate) async fn stands<T: Intent>(
        &self,
        id: OperationId,
        cid: &str,
        target: &T,
    ) -> Result<bool, JournalError> {
        let values = vec![self.key.text().into(), cid.into(), id.to_string().into()];
        let others = self.ids((store::SELECT_LAST_ANSWERED, values)).await?;
        let Some(last) = others.first() else { return Ok(false) };
        if *last > id {
            return Ok(true);
        }
        let steps = self.steps(*last).await?;
        let mut targets = steps.iter().filter_map(|row| serde_json::from_str(&row.target).ok());
        Ok(targets.any(|earlier| target.repeats(&earlier)))
    }

    /// Every operation of every key, oldest first.
    pub async fn operations(&self) -> Result<Vec<OperationRow>, JournalError> {
        let rows = self.store.read((store::SELECT_OPERATIONS, Vec::new())).await?;
        Ok(rows.iter().filter_map(OperationRow::read).collect())
    }

    /// One operation.
    pub async fn operation(&self, id: OperationId) -> Result<Option<OperationRow>, JournalError> {
        let rows = self.store.read((store::SELECT_OPERATION, vec![id.to_string().into()])).await?;
        Ok(rows.first().and_then(OperationRow::read))
    }

    /// An operation's steps, in order.
    pub async fn steps(&self, id: OperationId) -> Result<Vec<StepRow>, JournalError> {
        let rows = self.store.read((store::SELECT_STEPS, vec![id.to_string().into()])).await?;
        Ok(rows.iter().map(StepRow::read).collect())
    }

    /// Whether a process that lives owns this operation.
    pub async fn is_live(&self, id: OperationId) -> Result<bool, JournalError> {
        match self.store.own(id).await? {
            Some(owner) => {
                self.store.release(owner).await;
                Ok(false)
            }
            None => Ok(true),
        }
    }

    /// Gives an open operation up, whatever is left of it, for `why`. False if there is none, or
    /// if a process that lives owns it.
    pub async fn forget(&self, id: OperationId, why: &str) -> Result<bool, JournalError> {
        let Some(owner) = self.own(id).await? else { return Ok(false) };
        let forgotten = match self.operation(id).await {
            Ok(Some(row)) if row.state.is_unfinished() => {
                let note = Some(why.to_owned());
                self.set_state(id, OperationState::Undone, note).await.map(|()| true)
            }
            Ok(_) => Ok(false),
            Err(error) => Err(error),
        };
        self.release(owner).await;
        forgotten
    }

    /// Those of this key that are neither answered nor undone, live ones among them.
    pub(crate) async fn unfinished(&self) -> Result<Vec<OperationId>, JournalError> {
        self.ids((store::SELECT_UNFINISHED, vec![self.key.text().into()])).await
    }

    /// Those of them that have a step on `cid`.
    pub(crate) async fn unfinished_on(&self, cid: &str) -> Result<Vec<OperationId>, JournalError> {
        let in_target = format!("%\"{cid}\"%");
        let values = vec![self.key.text().into(), in_target.into()];
        self.ids((store::SELECT_UNFINISHED_ON, values)).await
    }

    async fn ids(&self, select: Statement) -> Result<Vec<OperationId>, JournalError> {
        let rows = self.store.read(select).await?;
        Ok(rows.iter().filter_map(read_id).collect())
    }

    /// Forgets what ended long before `at`, and what was answered very long before: some of it,
    /// so that no call has to wait for it.
    pub async fn tidy(&self, at: SystemTime) -> Result<(), JournalError> {
        let at_millis = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        let before = |age: Duration| Value::from(at_millis - age.as_millis() as i64);
        let statements = vec![
            (store::DELETE_ENDED, vec![before(KEPT)]),
            (store::DELETE_ANSWERED, vec![before(REMEMBERED)]),
            (store::DELETE_STEPS_OF_NONE, Vec::new()),
        ];
        self.store.write(statements).await?;
        self.store.tidy(at)
    }

    /// The same once in a while, as the last thing of a call: that it fails is no matter.
    pub(crate) async fn tidy_seldom(&self, id: OperationId) {
        if !(id.lock_number() as u64).is_multiple_of(SELDOM) {
            return;
        }
        if let Err(error) = self.tidy(SystemTime::now()).await {
            tracing::warn!("tidying the journal: {error}");
        }
    }

    pub(crate) async fn own(&self, id: OperationId) -> Result<Option<Owner>, JournalError> {
        self.store.own(id).await
    }

    pub(crate) async fn release(&self, owner: Owner) {
        self.store.release(owner).await;
    }

    pub(crate) async fn insert(
        &self,
        id: OperationId,
        method: &str,
        request: &str,
        first: Statement,
    ) -> Result<(), JournalError> {
        let Key { endpoint, account, project } = &self.key;
        let values = vec![
            id.to_string().into(),
            self.key.text().into(),
            endpoint.as_str().into(),
            account.as_str().into(),
            project.as_str().into(),
            method.into(),
            request.into(),
            OperationState::Open.as_str().into(),
            now().into(),
            now().into(),
        ];
        self.store.write(vec![(store::INSERT_OPERATION, values), first]).await.map(drop)
    }

    pub(crate) async fn insert_step(&self, step: Statement) -> Result<(), JournalError> {
        self.store.write(vec![step]).await.map(drop)
    }

    /// Moves an operation, and with it all its steps.
    pub(crate) async fn set_state(
        &self,
        id: OperationId,
        state: OperationState,
        note: Option<String>,
    ) -> Result<(), JournalError> {
        let mut statements = vec![update(&id.to_string(), state, note)];
        if let Some(steps) = state.of_steps() {
            statements.push(update_steps(id, steps));
        }
        self.store.write(statements).await.map(drop)
    }

    /// Records what is about to be answered.
    pub(crate) async fn set_answer(
        &self,
        id: OperationId,
        cid: Option<&str>,
    ) -> Result<(), JournalError> {
        let state = if cid.is_some() { OperationState::Answered } else { OperationState::Done };
        let cid = cid.map(str::to_owned);
        let values = vec![state.as_str().into(), now().into(), cid.into(), id.to_string().into()];
        let statements = vec![(store::UPDATE_ANSWER, values), update_steps(id, StepState::Applied)];
        self.store.write(statements).await.map(drop)
    }
}

fn update(id: &str, state: OperationState, note: Option<String>) -> Statement {
    let values = vec![state.as_str().into(), now().into(), note.into(), id.into()];
    (store::UPDATE_OPERATION, values)
}

fn update_steps(id: OperationId, state: StepState) -> Statement {
    (store::UPDATE_STEPS, vec![state.as_str().into(), id.to_string().into()])
}

/// The row of a step that is about to be sent.
pub(crate) fn insert_step(id: impl Display, number: usize, target: String, sent: i64) -> Statement {
    let values = vec![
        id.to_string().into(),
        (number as i64).into(),
        target.into(),
        StepState::Intent.as_str().into(),
        sent.into(),
    ];
    (store::INSERT_STEP, values)
}
