//! One CPI call that changes something, as its owner sees it.

use crate::JournalError;
use crate::id::{OperationId, now};
use crate::journal::{Journal, insert_step};
use crate::row::OperationState;
use crate::store::Owner;
use crate::undo::{Intent, Leftover, Sent, Undo, UndoBudget, undo_all};
use cloud_http::Outcome;

/// A CPI call that changes something, step by step. Its lock is gone when it is dropped or
/// when its process dies; what it left open is then undone by a later call.
pub struct Operation<'l, T> {
    ledger: &'l Journal,
    id: OperationId,
    method: String,
    request: String,
    owner: Option<Owner>,
    steps: Vec<Sent<T>>,
}

impl<'l, T> Operation<'l, T> {
    pub(crate) fn new(ledger: &'l Journal, method: &str, request: &str) -> Self {
        Self {
            ledger,
            id: OperationId::new(),
            method: method.to_owned(),
            request: request.to_owned(),
            owner: None,
            steps: Vec::new(),
        }
    }

    /// Its id, for names.
    pub fn id(&self) -> OperationId {
        self.id
    }
}

impl<T: Intent> Operation<'_, T> {
    /// Runs one mutating API call. `target` is what to undo if the operation fails: also when
    /// this very step fails, since a failed call may leave half of its work. It is durable
    /// before `act` begins. When the outcome is unknown, `probe` looks the truth up; None means
    /// that it found nothing.
    pub async fn step<A, E: From<JournalError>>(
        &mut self,
        target: T,
        act: impl AsyncFnOnce() -> Outcome<A, E>,
        probe: impl AsyncFnOnce() -> Result<Option<A>, E>,
    ) -> Result<A, E> {
        self.intend(target).await?;
        match act().await {
            Outcome::Applied(answer) => Ok(self.settle(answer)),
            Outcome::NotApplied(error) => Err(self.settle(error)),
            Outcome::Unknown(error) => match probe().await {
                Ok(Some(answer)) => Ok(self.settle(answer)),
                Ok(None) | Err(_) => Err(error),
            },
        }
    }

    async fn intend(&mut self, target: T) -> Result<(), JournalError> {
        let json = serde_json::to_string(&target).map_err(|e| JournalError::Row(e.to_string()))?;
        let at = now();
        let row = insert_step(self.id, self.steps.len(), json, at);
        if self.owner.is_some() {
            self.ledger.insert_step(row).await?;
        } else {
            // The lock comes first: an operation without one counts as abandoned.
            self.owner = self.ledger.own(self.id).await?;
            self.ledger.insert(self.id, &self.method, &self.request, row).await?;
        }
        self.steps.push(Sent { target, settled: false, at });
        Ok(())
    }

    fn settle<A>(&mut self, answer: A) -> A {
        if let Some(step) = self.steps.last_mut() {
            step.settled = true;
        }
        answer
    }

    /// To be called before the answer is written: from here on nobody undoes the operation but
    /// its owner. `cid` is what it made, or what it changed and a later one may change again.
    pub async fn answer(&mut self, cid: Option<&str>) -> Result<(), JournalError> {
        if self.owner.is_none() {
            return Ok(());
        }
        self.ledger.set_answer(self.id, cid).await
    }

    /// Puts the operation aside while its answer is being written. None if it changed nothing.
    pub fn park(self) -> Option<Parked<T>> {
        let Self { id, owner, steps, .. } = self;
        owner.map(|owner| Parked { id, owner, steps })
    }

    /// Undoes every step, the last one first. What is left when the deadline passes stays in
    /// the journal for a later call.
    pub async fn unwind<U: Undo<Intent = T>>(
        self,
        undo: &U,
        patience: UndoBudget,
    ) -> Result<Vec<Leftover>, JournalError> {
        let ledger = self.ledger;
        match self.park() {
            Some(parked) => ledger.unwind(parked, undo, patience).await,
            None => Ok(Vec::new()),
        }
    }
}

/// An operation whose answer is on its way. It is still owned: nobody else touches it.
pub struct Parked<T> {
    id: OperationId,
    owner: Owner,
    steps: Vec<Sent<T>>,
}

impl Journal {
    /// Ends an operation whose answer was written.
    pub async fn close<T>(&self, parked: Parked<T>) {
        self.release(parked.owner).await;
        self.tidy_seldom(parked.id).await;
    }

    /// Undoes an operation whose answer could not be written, or that failed.
    pub async fn unwind<U: Undo>(
        &self,
        parked: Parked<U::Intent>,
        undo: &U,
        patience: UndoBudget,
    ) -> Result<Vec<Leftover>, JournalError> {
        let Parked { id, owner, steps } = parked;
        let left = undo_all(self, id, &steps, undo, patience).await?;
        record(self, id, &left).await?;
        self.release(owner).await;
        Ok(left)
    }
}

/// Writes down how an unwinding ended.
pub(crate) async fn record(
    ledger: &Journal,
    id: OperationId,
    left: &[Leftover],
) -> Result<(), JournalError> {
    if left.is_empty() {
        return ledger.set_state(id, OperationState::Undone, None).await;
    }
    let note = left.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    ledger.set_state(id, OperationState::Unwinding, Some(note)).await
}
