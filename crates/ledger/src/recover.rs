//! Finishing what a process that died, or gave up, left open.

use crate::LedgerError;
use crate::id::OperationId;
use crate::journal::Ledger;
use crate::operation::record;
use crate::undo::{Leftover, Patience, Sent, Undo, undo_all};
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

impl Ledger {
    /// Undoes every operation of this key that nobody owns and that was never answered. Costs
    /// one indexed read when there is none.
    pub async fn recover<U: Undo>(
        &self,
        undo: &U,
        patience: Patience,
    ) -> Result<Recovery, LedgerError> {
        let mut recovery = Recovery::default();
        let unfinished = self.unfinished().await?;
        for id in &unfinished {
            match self.adopt(*id, undo, patience).await? {
                None => {}
                Some(left) if left.is_empty() => recovery.undone.push(*id),
                Some(left) => recovery.left.push((*id, left)),
            }
        }
        if !recovery.undone.is_empty() {
            self.forget_old().await?;
        }
        Ok(recovery)
    }

    /// Waits until no earlier operation on `cid` is open: who changes a thing while another
    /// process undoes what was done to it would answer for what is undone a moment later. What
    /// nobody owns is undone here. Gives those that are still open when the deadline passes.
    pub async fn settle<U: Undo>(
        &self,
        cid: &str,
        undo: &U,
        patience: Patience,
    ) -> Result<Vec<OperationId>, LedgerError> {
        loop {
            let unfinished = self.unfinished_on(cid).await?;
            if unfinished.is_empty() || patience.deadline.passed() {
                return Ok(unfinished);
            }
            for id in unfinished {
                if self.adopt(id, undo, patience).await?.is_none() {
                    tokio::time::sleep(PAUSE.min(patience.deadline.left())).await;
                }
            }
        }
    }

    /// None where the operation has a living owner, or has ended meanwhile.
    async fn adopt<U: Undo>(
        &self,
        id: OperationId,
        undo: &U,
        patience: Patience,
    ) -> Result<Option<Vec<Leftover>>, LedgerError> {
        let Some(owner) = self.own(id).await? else { return Ok(None) };
        // Its owner may have ended it between our reading and our lock.
        let unfinished = self.operation(id).await?.is_some_and(|row| row.state.is_unfinished());
        let outcome = if unfinished {
            self.undo_adopted(id, undo, patience).await.map(Some)
        } else {
            Ok(None)
        };
        self.release(owner).await;
        outcome
    }

    async fn undo_adopted<U: Undo>(
        &self,
        id: OperationId,
        undo: &U,
        patience: Patience,
    ) -> Result<Vec<Leftover>, LedgerError> {
        tracing::info!("operation {id} was never answered: undoing it");
        let mut steps = Vec::new();
        for row in self.steps(id).await? {
            let target = serde_json::from_str(&row.target).map_err(|e| {
                LedgerError::Row(format!("step {} of operation {id}: {e}", row.number))
            })?;
            steps.push(Sent { target, settled: false, at: row.sent });
        }
        let left = undo_all(self, id, &steps, undo, patience).await?;
        record(self, id, &left).await?;
        Ok(left)
    }
}
