//! What a cloud's provider gives, and what follows from it.

use crate::journal::unusable;
use crate::verdict::{decide, facts};
use crate::{
    CallJournal, Capture, Captured, Finding, Found, GcPolicy, Keep, OwnedResource, Questions,
    Verdict,
};
use bosh_cpi::{Cpi, CpiError, Result};
use journal::{Journal, Operation, Recovery, Undo};

/// A provider: it answers the contract, undoes what it made, and lists what it knows.
#[allow(async_fn_in_trait)] // one current-thread runtime, so no `Send` is wanted
pub trait Provider: Cpi + Undo<Error = CpiError> + Sized {
    /// Its journal.
    fn journal(&self) -> &CallJournal<Self::Intent>;

    /// Whether a cloud can be reached with the properties: names what is missing.
    fn validate(&self) -> Result<()>;

    /// Everything in the cloud that is ours: that bears our name, or a note of ours.
    async fn owned_resources(&self) -> Result<Vec<OwnedResource<Self::Intent>>>;

    /// Every check of `cpi doctor`, in an order in which a person reads them. Changes nothing.
    async fn examine(&self, questions: &Questions) -> Vec<Finding>;

    /// Makes an image of a VM, which runs again afterwards if it did before, and gives it to
    /// `keep`. If that fails, or anything else, the image goes.
    async fn capture(&self, _: &Capture, _: Keep<'_>) -> Result<Captured> {
        Err(CpiError::not_supported("this cloud's VMs cannot be made stemcells of"))
    }

    /// Whose the keys are, if an answer of the cloud has told it so far: an id that is the same
    /// for every key of the account and for every spelling of the endpoint. By it an operation
    /// is known again after keys were rotated.
    fn account_identity(&self) -> Option<String> {
        None
    }

    /// The same, asked of the cloud. Asked only if keys that are not known yet meet a journal in
    /// which others have left something.
    async fn look_up_account_identity(&self) -> Result<Option<String>> {
        Ok(self.account_identity())
    }

    /// The open journal.
    async fn ledger(&self) -> Result<&Journal> {
        self.validate()?;
        self.journal().open().await
    }

    /// Finishes what calls that died, or gave up, left open, and notes that the caller knows
    /// `cids`. To be called at the start of any call but `info`; costs one read of the journal,
    /// and one for each CID, when there is nothing to do. What cannot be finished at once is
    /// left to the next call: this one is about something else.
    async fn open_with(&self, cids: &[&str]) -> Result<()> {
        let ledger = self.ledger().await?;
        self.learn_rotated_keys(ledger).await?;
        let recovery = ledger.recover(self, self.journal().once()).await.map_err(unusable)?;
        for (id, left) in &recovery.left {
            let left: Vec<_> = left.iter().map(ToString::to_string).collect();
            tracing::warn!("operation {id} is not undone yet: {}", left.join("; "));
        }
        for cid in cids {
            ledger.acknowledge(cid).await.map_err(unusable)?;
        }
        Ok(())
    }

    /// Asks the cloud whose the keys are where that may show that what others have left open is
    /// this account's. A cloud that does not tell stops nobody.
    async fn learn_rotated_keys(&self, ledger: &Journal) -> Result<()> {
        if !ledger.wants_identity().await.map_err(unusable)? {
            return Ok(());
        }
        match self.look_up_account_identity().await {
            Ok(Some(id)) => ledger.learn_identity(&id).await.map_err(unusable),
            Ok(None) => Ok(()),
            Err(error) => {
                tracing::warn!("whose the keys are: {error}");
                Ok(())
            }
        }
    }

    /// Writes down whose the keys are, if an answer has told it: once keys are rotated, it is too
    /// late to ask.
    async fn note_account_identity(&self) {
        let (Some(ledger), Some(id)) = (self.journal().opened(), self.account_identity()) else {
            return;
        };
        if let Err(error) = ledger.learn_identity(&id).await {
            tracing::debug!("whose the keys are: {error}");
        }
    }

    /// Finishes what calls that died, or gave up, left open, and insists on it.
    async fn recover(&self) -> Result<Recovery> {
        let ledger = self.ledger().await?;
        self.learn_rotated_keys(ledger).await?;
        ledger.recover(self, self.journal().patience()).await.map_err(unusable)
    }

    /// To be called once the answer was written to the caller.
    async fn answer_was_written(&self) {
        for parked in self.journal().take_parked() {
            if let Some(ledger) = self.journal().opened() {
                ledger.close(parked).await;
            }
        }
    }

    /// To be called if the answer could not be written: nobody knows what was made, so it is
    /// undone. The error names what is left.
    async fn answer_was_lost(&self) -> Result<()> {
        let mut left = Vec::new();
        for parked in self.journal().take_parked() {
            let patience = self.journal().patience();
            let undone = self.ledger().await?.unwind(parked, self, patience).await;
            left.extend(undone.map_err(unusable)?.iter().map(ToString::to_string));
        }
        if left.is_empty() {
            return Ok(());
        }
        Err(CpiError::cpi(format!("left in the cloud for a later call: {}", left.join("; "))))
    }

    /// Runs `work` as one operation. If it fails, everything it made is removed before the
    /// error is answered; what cannot be removed is named in it.
    ///
    /// `work` gives its answer, and the CID of what it made, or of what it changed such that a
    /// later call may change it back.
    async fn operation<T>(
        &self,
        method: impl AsRef<str>,
        work: impl AsyncFnOnce(&mut Operation<'_, Self::Intent>) -> Result<(T, Option<String>)>,
    ) -> Result<T> {
        let method = method.as_ref();
        let mut operation = self.journal().begin(self.ledger().await?, method);
        let error = match work(&mut operation).await {
            Ok((answer, cid)) => match operation.answer(cid.as_deref()).await {
                Ok(()) => {
                    self.journal().park(operation.park());
                    return Ok(answer);
                }
                Err(error) => CpiError::cpi(format!("{method}: {error}")),
            },
            Err(error) => error,
        };
        match operation.unwind(self, self.journal().patience()).await {
            Ok(left) if left.is_empty() => Err(error),
            Ok(left) => {
                let left: Vec<_> = left.iter().map(ToString::to_string).collect();
                Err(with_left(error, &left.join("; ")))
            }
            Err(journal) => Err(with_left(error, &journal.to_string())),
        }
    }

    /// Makes something that must not outlive `work`, and removes it again however that ends. It
    /// is an operation of its own, which nobody ever answers for: if the process dies, a later
    /// one removes it.
    async fn with_temporary<M, T>(
        &self,
        method: impl AsRef<str>,
        make: impl AsyncFnOnce(&mut Operation<'_, Self::Intent>) -> Result<M>,
        work: impl AsyncFnOnce(M) -> Result<T>,
    ) -> Result<T> {
        let method = method.as_ref();
        let mut operation = self.journal().begin(self.ledger().await?, method);
        let outcome = match make(&mut operation).await {
            Ok(made) => work(made).await,
            Err(error) => Err(error),
        };
        let left = match operation.unwind(self, self.journal().patience()).await {
            Ok(left) if left.is_empty() => return outcome,
            Ok(left) => left.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            Err(journal) => journal.to_string(),
        };
        tracing::warn!("{method}: left for a later call, which tries again: {left}");
        outcome.map_err(|error| with_left(error, &left))
    }

    /// Waits until no earlier call works on what has this id, nor is being undone there: this one
    /// would answer for what is undone a moment later.
    async fn wait_for_earlier_calls_on(&self, id: &str) -> Result<()> {
        let ledger = self.ledger().await?;
        let open =
            ledger.wait_until_idle(id, self, self.journal().patience()).await.map_err(unusable)?;
        let Some(operation) = open.first() else { return Ok(()) };
        let message = format!(
            "an earlier call on {id} has not ended, or is not undone yet: operation {operation} \
             (`cpi ops` tells more)"
        );
        Err(CpiError::cloud(message).retry(true))
    }

    /// Everything that is ours, with what becomes of it and why.
    async fn garbage(&self, policy: &GcPolicy) -> Result<Vec<Found>> {
        let things = self.owned_resources().await?;
        let ledger = self.ledger().await?;
        let mut found = Vec::new();
        for thing in things {
            let facts = facts(ledger, policy, &thing).await.map_err(unusable)?;
            let (verdict, reason) = decide(policy, &facts);
            found.push(Found::new(thing, verdict, reason)?);
        }
        Ok(found)
    }

    /// Deletes one piece of garbage: by its id (`found.cid`), after a fresh look at that id
    /// ([`Claim::listed`](crate::Claim::listed)). By name, a twin that is in use would go as well,
    /// so a cloud in which names are not unique must not leave this as it is.
    async fn delete_listed(&self, found: &Found, intent: &Self::Intent) -> Result<()> {
        let _ = found;
        self.ensure_absent(intent).await.map(drop)
    }

    /// Deletes what [`Verdict::Delete`] was said of; nothing else.
    async fn delete_garbage(&self, found: &Found) -> Result<()> {
        match (found.verdict, found.target()) {
            (Verdict::Delete, Some(intent)) => self.delete_listed(found, &intent).await,
            _ => Err(CpiError::cpi(format!("{} {} is to be kept", found.kind, found.name))),
        }
    }
}

fn with_left(mut error: CpiError, left: &str) -> CpiError {
    error.message = format!(
        "{}. Left in the cloud for a later call, which tries again: {left}",
        error.message.trim_end_matches('.')
    );
    error.retry(false)
}
