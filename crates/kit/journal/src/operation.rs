//! One CPI call that changes something, as its owner sees it.

use crate::JournalError;
use crate::clock::now;
use crate::id::OperationId;
use crate::intent::Intent;
use crate::journal::Journal;
use crate::row::{OperationState, StepRow};
use crate::store::Owner;
use crate::undo::{Ended, Leftover, Sent, Undo, UndoBudget, undo_all};
use cloud_http::Outcome;

impl Journal {
    /// Begins an operation. Nothing is written before its first step.
    pub fn begin<T>(&self, method: &str, request: &str) -> Operation<'_, T> {
        Operation::new(self, method, request)
    }
}

/// A CPI call that changes something, step by step. Its lock is gone when it is dropped or
/// when its process dies; what it left open is then undone by a later call.
#[must_use]
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
    /// Runs one mutating API call. `intent` is what to undo if the operation fails: also when
    /// this very step fails, since a failed call may leave half of its work, unless it was never
    /// sent. It is durable before `act` begins. When the outcome is unknown, `probe` looks the
    /// truth up; None means that it found nothing.
    pub async fn step<A, E: From<JournalError>>(
        &mut self,
        intent: T,
        act: impl AsyncFnOnce() -> Outcome<A, E>,
        probe: impl AsyncFnOnce() -> Result<Option<A>, E>,
    ) -> Result<A, E> {
        self.intend(intent).await?;
        match act().await {
            Outcome::Applied(answer) => Ok(self.ended(Ended::Visible, answer)),
            Outcome::NotSent(error) => Err(self.discard(error).await),
            Outcome::NotApplied(error) => Err(self.ended(Ended::Nothing, error)),
            Outcome::Failed(error) => Err(self.ended(Ended::Visible, error)),
            Outcome::Unknown(error) => match probe().await {
                Ok(Some(answer)) => Ok(self.ended(Ended::Visible, answer)),
                Ok(None) | Err(_) => Err(error),
            },
        }
    }

    async fn intend(&mut self, intent: T) -> Result<(), JournalError> {
        let json = serde_json::to_string(&intent).map_err(|e| JournalError::Row(e.to_string()))?;
        let step = StepRow::intent(self.steps.len(), json, now());
        let row = step.insert(self.id);
        if self.owner.is_some() {
            self.ledger.insert_step(row).await?;
        } else {
            // The lock comes first: an operation without one counts as abandoned.
            self.owner = self.ledger.try_lock(self.id).await?;
            self.ledger.insert(self.id, &self.method, &self.request, row).await?;
        }
        self.steps.push(Sent::new(self.steps.len(), intent, step.anchors));
        Ok(())
    }

    fn ended<A>(&mut self, ended: Ended, answer: A) -> A {
        if let Some(step) = self.steps.last_mut() {
            step.ended(ended);
        }
        answer
    }

    /// Nothing can be left of the last step. Where that cannot be written down, it is looked for
    /// as if something could.
    async fn discard<E>(&mut self, error: E) -> E {
        let Some(step) = self.steps.pop() else { return error };
        if let Err(unwritten) = self.ledger.discard_step(self.id, step.number()).await {
            tracing::debug!("operation {}: {unwritten}", self.id);
            self.steps.push(step);
        }
        error
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
#[must_use = "it has to be closed or unwound"]
pub struct Parked<T> {
    id: OperationId,
    owner: Owner,
    steps: Vec<Sent<T>>,
}

impl Journal {
    /// Ends an operation whose answer was written.
    pub async fn close<T>(&self, parked: Parked<T>) {
        self.release(parked.owner).await;
        self.tidy_sometimes(parked.id).await;
    }

    /// Undoes an operation whose answer could not be written, or that failed.
    pub async fn unwind<U: Undo>(
        &self,
        parked: Parked<U::Intent>,
        undo: &U,
        patience: UndoBudget,
    ) -> Result<Vec<Leftover>, JournalError> {
        let Parked { id, owner, mut steps } = parked;
        let left = undo_all(self, id, &mut steps, undo, patience).await?;
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
