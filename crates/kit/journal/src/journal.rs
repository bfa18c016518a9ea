//! The journal as a whole: opening it, reading it, and what other calls may learn from it.

use crate::JournalError;
use crate::clock::now;
use crate::id::OperationId;
use crate::intent::Intent;
use crate::key::{Key, home};
use crate::row::{OperationRow, OperationState, StepRow, StepState, read_id};
use crate::store::{self, Database, Owner, Postgres, Sqlite, Statement, Store, Value};
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
    /// A PostgreSQL database.
    Postgres(Database<'a>),
}

/// An open journal, as seen by calls of one key.
#[must_use]
pub struct Journal {
    store: Store,
    key: Key,
}

impl Journal {
    /// Opens the journal, making or migrating it where needed.
    pub async fn open(place: Place<'_>, key: Key) -> Result<Self, JournalError> {
        let (store, migrated) = match place {
            Place::Directory(dir) => {
                let (sqlite, migrated) = Sqlite::open(dir)?;
                (Store::Sqlite(sqlite), migrated)
            }
            Place::Postgres(database) => {
                let (postgres, migrated) = Postgres::open(database).await?;
                (Store::Postgres(postgres), migrated)
            }
        };
        let journal = Self { store, key };
        if migrated {
            journal.give_homes().await?;
        }
        Ok(journal)
    }

    /// Whose operations this journal repairs.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// What the cloud has told of whose these keys are ([`learn_identity`](Self::learn_identity)).
    pub async fn identity(&self) -> Result<Option<String>, JournalError> {
        let rows = self.store.read((store::SELECT_IDENTITY, vec![self.key.home().into()])).await?;
        Ok(rows.first().map(|row| row.text(0)))
    }

    /// Notes what the cloud tells of whose these keys are: the id of an account, which is the
    /// same for every spelling of the endpoint and for every key of it. From here on operations
    /// under any of them are repaired as this key's own.
    pub async fn learn_identity(&self, account_id: &str) -> Result<(), JournalError> {
        let identity = format!("{account_id}\n{}", self.key.project);
        if self.identity().await?.as_deref() == Some(&identity) {
            return Ok(());
        }
        let home = self.key.home();
        let statements = vec![
            (store::DELETE_IDENTITY, vec![home.as_str().into()]),
            (store::INSERT_IDENTITY, vec![home.as_str().into(), identity.into()]),
        ];
        self.store.write(statements).await.map(drop)
    }

    /// Whether it is worth asking the cloud whose these keys are: nobody has told yet, and other
    /// keys, which may have been rotated, have left something open.
    pub async fn wants_identity(&self) -> Result<bool, JournalError> {
        let home = || vec![Value::from(self.key.home())];
        let strangers = self.store.read((store::SELECT_STRANGERS, home())).await?;
        Ok(!strangers.is_empty() && self.identity().await?.is_none())
    }

    /// Rows of the first releases know the endpoint as it was spelt only.
    async fn give_homes(&self) -> Result<(), JournalError> {
        let rows = self.store.read((store::SELECT_HOMELESS, Vec::new())).await?;
        let update = |row: &store::Row| {
            let [endpoint, account, project] = [row.text(0), row.text(1), row.text(2)];
            let home = home(&endpoint, &account, &project);
            let values = vec![home.into(), endpoint.into(), account.into(), project.into()];
            (store::UPDATE_HOMELESS, values)
        };
        if rows.is_empty() {
            return Ok(());
        }
        self.store.write(rows.iter().map(update).collect()).await.map(drop)
    }

    /// Notes that a later call named `cid`: whoever answered it, the director knows it.
    pub async fn acknowledge(&self, cid: &str) -> Result<(), JournalError> {
        let select = (store::SELECT_UNKNOWN, vec![self.key.home().into(), cid.into()]);
        let rows = self.store.read(select).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let updates = rows.iter().map(|row| update(&row.text(0), OperationState::Known, None));
        self.store.write(updates.collect()).await.map(drop)
    }

    /// Whether a later call named `cid`.
    pub async fn is_known(&self, cid: &str) -> Result<bool, JournalError> {
        let select = (store::SELECT_KNOWN, vec![self.key.home().into(), cid.into()]);
        Ok(!self.store.read(select).await?.is_empty())
    }

    /// Whether what a step of `id` did to `cid` is to stay: a later operation has answered for
    /// the same CID, or the last one that did has done the same before. Operations are ordered as
    /// they began, not by what the clock said then.
    pub(crate) async fn is_superseded<T: Intent>(
        &self,
        id: OperationId,
        cid: &str,
        intent: &T,
    ) -> Result<bool, JournalError> {
        let values = vec![self.key.home().into(), cid.into(), id.to_string().into()];
        let others = self.store.read((store::SELECT_LAST_ANSWERED, values)).await?;
        let Some(last) = others.first().and_then(|row| Some((row.int(1), read_id(row)?))) else {
            return Ok(false);
        };
        let own = self.store.read((store::SELECT_NUMBER, vec![id.to_string().into()])).await?;
        if last > (own.first().map_or(0, |row| row.int(0)), id) {
            return Ok(true);
        }
        let steps = self.steps(last.1).await?;
        let mut intents = steps.iter().filter_map(|row| serde_json::from_str(&row.target).ok());
        Ok(intents.any(|earlier| intent.repeats(&earlier)))
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
        match self.store.try_lock(id).await? {
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
        let Some(owner) = self.try_lock(id).await? else { return Ok(false) };
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
        self.ids((store::SELECT_UNFINISHED, vec![self.key.home().into()])).await
    }

    /// Those of them that have a step on `cid`.
    pub(crate) async fn unfinished_on(&self, cid: &str) -> Result<Vec<OperationId>, JournalError> {
        let in_target = format!("%\"{cid}\"%");
        let values = vec![self.key.home().into(), in_target.into()];
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
    pub(crate) async fn tidy_sometimes(&self, id: OperationId) {
        if !(id.lock_number() as u64).is_multiple_of(SELDOM) {
            return;
        }
        let tidied = async {
            match self.trusted_now().await? {
                Some(at) => self.tidy(at).await,
                None => Ok(()),
            }
        };
        if let Err(error) = tidied.await {
            tracing::warn!("tidying the journal: {error}");
        }
    }

    /// The time, but not far behind which the last [`SELDOM`] operations ended: a clock that runs
    /// ahead for a while must not make the journal forget. None while there were fewer.
    async fn trusted_now(&self) -> Result<Option<SystemTime>, JournalError> {
        let rows = self.store.read((store::SELECT_LATE_CHANGE, Vec::new())).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let seen = UNIX_EPOCH + Duration::from_millis(row.int(0).max(0) as u64) + KEPT;
        Ok(Some(seen.min(SystemTime::now())))
    }

    pub(crate) async fn try_lock(&self, id: OperationId) -> Result<Option<Owner>, JournalError> {
        self.store.try_lock(id).await
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
            self.key.home().into(),
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

    /// Writes down that nothing can be left of a step.
    pub(crate) async fn discard_step(
        &self,
        id: OperationId,
        number: usize,
    ) -> Result<(), JournalError> {
        let number = number as i64;
        let values = vec![StepState::Undone.as_str().into(), id.to_string().into(), number.into()];
        self.store.write(vec![(store::UPDATE_STEP, values)]).await.map(drop)
    }

    /// Writes down from when on this machine counts how long ago a step was sent.
    pub(crate) async fn set_anchors(
        &self,
        id: OperationId,
        number: usize,
        anchors: String,
    ) -> Result<(), JournalError> {
        let values = vec![anchors.into(), id.to_string().into(), (number as i64).into()];
        self.store.write(vec![(store::UPDATE_ANCHORS, values)]).await.map(drop)
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
