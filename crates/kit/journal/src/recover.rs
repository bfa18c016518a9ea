//! Finishing what a process that died, or gave up, left open.

use crate::JournalError;
use crate::id::OperationId;
use crate::intent::Intent;
use crate::journal::Journal;
use crate::operation::record;
use crate::row::{OperationRow, StepRow, StepState};
use crate::undo::{Leftover, Sent, Undo, UndoBudget, undo_all};
use std::time::Duration;

/// How long to wait before looking again whether another process is done.
const PAUSE: Duration = Duration::from_millis(50);

/// What a recovery did.
#[derive(Debug, Default)]
pub struct Recovery {
    /// Operations of which nothing is left now.
    pub undone: Vec<OperationId>,
    /// Operations of which something may be left, for the next time.
    pub left: Vec<(OperationId, Vec<Leftover>)>,
}

impl Journal {
    /// Undoes every operation of this key that nobody owns and that was never answered. Costs
    /// one indexed read when there is none.
    pub async fn recover<U: Undo>(
        &self,
        undo: &U,
        patience: UndoBudget,
    ) -> Result<Recovery, JournalError> {
        let mut recovery = Recovery::default();
        for id in self.unfinished().await? {
            // One attempt in all tells that the cloud is not there.
            if !recovery.left.is_empty() && undo.is_locked_out() {
                if !self.is_live(id).await? {
                    recovery.left.push((id, vec![untried()]));
                }
                continue;
            }
            match self.adopt(id, undo, patience).await? {
                Adopted::NotOurs => {}
                Adopted::Undone(left) if left.is_empty() => recovery.undone.push(id),
                Adopted::Undone(left) | Adopted::Unreadable(left) => {
                    recovery.left.push((id, left));
                }
            }
        }
        Ok(recovery)
    }

    /// Waits until no earlier operation on `cid` is open: who changes a thing while another
    /// process undoes what was done to it would answer for what is undone a moment later. What
    /// nobody owns is undone here. Gives those that are still open when the deadline passes, but
    /// for those that this release cannot read: nobody would ever see their end.
    pub async fn wait_until_idle<U: Undo>(
        &self,
        cid: &str,
        undo: &U,
        patience: UndoBudget,
    ) -> Result<Vec<OperationId>, JournalError> {
        let mut unreadable = Vec::new();
        loop {
            let mut unfinished = self.unfinished_on(cid).await?;
            unfinished.retain(|id| !unreadable.contains(id));
            if unfinished.is_empty() || patience.deadline.passed() {
                return Ok(unfinished);
            }
            let mut left_open = false;
            for id in unfinished {
                match self.adopt(id, undo, patience).await? {
                    Adopted::NotOurs => {
                        tokio::time::sleep(PAUSE.min(patience.deadline.left())).await;
                    }
                    Adopted::Unreadable(_) => unreadable.push(id),
                    Adopted::Undone(left) => left_open |= !left.is_empty(),
                }
            }
            // Asking again would only tell once more that the cloud is not there.
            if left_open && undo.is_locked_out() {
                let mut unfinished = self.unfinished_on(cid).await?;
                unfinished.retain(|id| !unreadable.contains(id));
                return Ok(unfinished);
            }
        }
    }

    async fn adopt<U: Undo>(
        &self,
        id: OperationId,
        undo: &U,
        patience: UndoBudget,
    ) -> Result<Adopted, JournalError> {
        let Some(owner) = self.try_lock(id).await? else { return Ok(Adopted::NotOurs) };
        // Its owner may have ended it between our reading and our lock.
        let outcome = match self.operation(id).await {
            Ok(Some(row)) if row.state.is_unfinished() => {
                self.undo_adopted(&row, undo, patience).await
            }
            Ok(_) => Ok(Adopted::NotOurs),
            Err(error) => Err(error),
        };
        self.release(owner).await;
        outcome
    }

    async fn undo_adopted<U: Undo>(
        &self,
        row: &OperationRow,
        undo: &U,
        patience: UndoBudget,
    ) -> Result<Adopted, JournalError> {
        let id = row.id;
        let rows = self.steps(id).await?;
        let unreadable: Vec<_> = rows.iter().filter_map(unreadable::<U::Intent>).collect();
        // Steps are undone in order, or what a later one needs is gone: so all of them or none.
        if !unreadable.is_empty() {
            self.note(row, &unreadable).await?;
            return Ok(Adopted::Unreadable(unreadable));
        }
        tracing::info!("operation {id} was never answered: undoing it");
        let read = |row: StepRow| {
            let intent = serde_json::from_str(&row.target).ok()?;
            Some(Sent::new(row.number as usize, intent, row.anchors))
        };
        // What was never sent, or is undone, needs no look.
        let rows = rows.into_iter().filter(|row| row.state != StepState::Undone);
        let mut steps: Vec<_> = rows.filter_map(read).collect();
        let left = undo_all(self, id, &mut steps, undo, patience).await?;
        record(self, id, &left).await?;
        Ok(Adopted::Undone(left))
    }

    /// Writes down once why an operation stays open.
    async fn note(&self, row: &OperationRow, left: &[Leftover]) -> Result<(), JournalError> {
        let note = left.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        if row.note.as_ref() == Some(&note) {
            return Ok(());
        }
        self.set_state(row.id, row.state, Some(note)).await
    }
}

/// What came of taking an operation over.
enum Adopted {
    /// It has a living owner, or has ended meanwhile.
    NotOurs,
    /// It was undone, but for this.
    Undone(Vec<Leftover>),
    /// A newer release has written these steps, or something has spoilt them: it stays open.
    Unreadable(Vec<Leftover>),
}

/// What is said of an operation that was not tried.
fn untried() -> Leftover {
    let why = "not tried: the cloud cannot be reached, or does not let us in".to_owned();
    Leftover { what: "what it made".to_owned(), why }
}

fn unreadable<T: Intent>(row: &StepRow) -> Option<Leftover> {
    let error = serde_json::from_str::<T>(&row.target).err()?;
    let why = format!("this release of the CPI cannot read it: {error}");
    Some(Leftover { what: format!("step {} of it", row.number), why })
}
