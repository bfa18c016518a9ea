//! How methods ask the cloud: a call, a list, a job, and what came of them.
//!
//! Each call has a place of its own on the heap: the methods, which make many, would outgrow the
//! stack.

use crate::errors::{CloudResult, Failure};
use crate::properties::Wait;
use crate::scope;
use crate::session::CloudStack;
use cloud_http::{Deadline, Outcome};
use cloudstack::api::List;
use cloudstack::{Client, Command, Error, JobCommand, JobLoss, Paged};

/// What came of a job under an id of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobOutcome {
    /// It did what it was to do.
    Succeeded,
    /// It found fault with its parameters or with the state of things, and did nothing.
    Refused,
    /// It failed, and may have done some or all of it.
    Failed,
    /// The cloud does not know it: the call that was to start it has not arrived.
    Unknown,
}

impl CloudStack {
    /// The client for the things of the configured project or account. A name is looked up by
    /// the first call of all, then remembered.
    pub(crate) async fn scoped(&self) -> bosh_cpi::Result<&Client> {
        let scoped = async || Ok(self.client()?.within(scope::resolve(self).await?));
        Box::pin(self.scoped.get_or_try_init(scoped)).await
    }

    /// Makes a call.
    pub(crate) async fn call<C: Command>(
        &self,
        call: &C,
        until: Deadline,
    ) -> CloudResult<C::Answer> {
        let client = self.scoped().await?;
        scope::checked(self, Box::pin(client.call(call, until)).await)
    }

    /// Starts a job and waits for its end.
    pub(crate) async fn run_job<C: JobCommand>(
        &self,
        job: &C,
        until: Deadline,
    ) -> CloudResult<C::Result> {
        let client = self.scoped().await?;
        scope::checked(self, Box::pin(client.run(job, until)).await)
    }

    /// The same under a job id of ours, so that any process can ask what came of it.
    pub(crate) async fn run_job_as<C: JobCommand>(
        &self,
        job: &C,
        id: &str,
        until: Deadline,
    ) -> CloudResult<C::Result> {
        let client = self.scoped().await?;
        scope::checked(self, Box::pin(client.start_as(job, id, until)).await)?;
        Box::pin(client.wait(id, C::NAME, until)).await.map_err(Failure::Cloud)
    }

    /// What came of a job that was to be started under an id of ours.
    pub(crate) async fn job_outcome(
        &self,
        id: &str,
        command: &'static str,
        until: Deadline,
    ) -> CloudResult<JobOutcome> {
        let client = self.client()?;
        match Box::pin(client.wait::<serde_json::Value>(id, command, until)).await {
            Ok(_) => Ok(JobOutcome::Succeeded),
            Err(Error::Refused(refusal)) if refusal.from_job => match refusal.errorcode {
                430..=432 => Ok(JobOutcome::Refused),
                _ => Ok(JobOutcome::Failed),
            },
            Err(Error::JobLost { why: JobLoss::Purged, .. }) => Ok(JobOutcome::Unknown),
            Err(error) => Err(Failure::Cloud(error)),
        }
    }

    /// Reads.
    pub(crate) async fn get<C: Command>(&self, call: &C) -> CloudResult<C::Answer> {
        self.call(call, self.deadline(Wait::Lookup)).await
    }

    /// Reads all rows.
    pub(crate) async fn list<C: Paged>(&self, of: C) -> CloudResult<Vec<C::Item>> {
        let until = self.deadline(Wait::Lookup);
        let client = self.scoped().await?;
        scope::checked(self, Box::pin(client.list_all(of, until)).await)
    }
}

/// The only row of a list by id. An id that the cloud never knew is refused, one that it knew
/// once gives no rows.
pub(crate) fn first<T>(answer: CloudResult<List<T>>) -> CloudResult<Option<T>> {
    match answer {
        Ok(list) => Ok(list.items.into_iter().next()),
        Err(failure) if failure.is_gone() => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The outcome of a step. A refusal, of the call or of its job, is final: whatever the call left
/// behind exists by now and can be found by its name; nothing appears later. (CloudStack's 530
/// stands for anything, so to the API crate its outcome is unknown.)
pub(crate) fn step_outcome<T>(result: CloudResult<T>) -> Outcome<T, Failure> {
    match result {
        Ok(answer) => Outcome::Applied(answer),
        Err(failure @ (Failure::Journal(_) | Failure::Ready(_))) => Outcome::NotApplied(failure),
        Err(failure) if failure.is_refusal() => Outcome::NotApplied(failure),
        Err(Failure::Cloud(error)) => error.outcome().map_err(Failure::Cloud),
    }
}
