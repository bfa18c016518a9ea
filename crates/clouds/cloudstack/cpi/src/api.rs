//! How methods ask the cloud: a call, a list, a job, and what came of them.
//!
//! Each call has a place of its own on the heap: the methods, which make many, would outgrow the
//! stack.

use crate::errors::{CloudResult, Failure};
use crate::intent::Intent;
use crate::permit::Permitted;
use crate::properties::Wait;
use crate::scope;
use crate::session::CloudStack;
use cloud_http::{CloudResource, Deadline, Effect, Outcome};
use cloudstack::api::{AsyncJob, QueryAsyncJobResult};
use cloudstack::phrases::{
    CONCURRENT, CUSTOM_ID_TAKEN, JOB_ID_TAKEN, MASKED, SNAPSHOT_UNDER_WAY, TRY_AGAIN,
};
use cloudstack::{Client, Command, Error, JobCommand, JobLoss, Paged};
use cpi_kit::{Claim, NotOwned, Owned};
use journal::Operation;
use std::time::Duration;

/// How often a change is sent at most whose answers are lost.
const MAX_SENDS: usize = 4;

/// How long a job is asked for that the cloud does not know, before its call is sent again: longer
/// than a request that was sent takes to arrive.
const ARRIVAL: Duration = Duration::from_millis(1500);

/// The first wait between two looks, or before a call that was refused for now; and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

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

/// A new job id of ours. Never used twice: the cloud makes a thing before it notices.
pub(crate) fn new_job_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

impl CloudStack {
    /// The client for the things of the configured project or account. A name is looked up by
    /// the first call of all, then remembered.
    pub(crate) async fn scoped(&self) -> bosh_cpi::Result<&Client> {
        let scoped = async || Ok(self.client()?.within(scope::resolve(self).await?));
        Box::pin(self.scoped.get_or_try_init(scoped)).await
    }

    /// Makes a call that destroys nothing. One that the cloud refuses for now is made again.
    pub(crate) async fn call<C: Command>(
        &self,
        call: &C,
        until: Deadline,
    ) -> CloudResult<C::Answer> {
        const { assert!(!matches!(C::EFFECT, Effect::Delete), "what destroys needs a permit") }
        self.call_any(call, until).await
    }

    /// Makes a call that destroys.
    pub(crate) async fn destroy<C: Command>(
        &self,
        call: &Permitted<C>,
        until: Deadline,
    ) -> CloudResult<C::Answer> {
        self.call_any(call.command(), until).await
    }

    async fn call_any<C: Command>(&self, call: &C, until: Deadline) -> CloudResult<C::Answer> {
        until_accepted::<C, _>(until, async || {
            let client = self.scoped().await?;
            scope::checked(self, Box::pin(client.call(call, until)).await)
        })
        .await
    }

    /// Runs a job that destroys nothing, to its end.
    pub(crate) async fn run_job<C: JobCommand>(
        &self,
        job: &C,
        until: Deadline,
    ) -> CloudResult<C::Result> {
        const { assert!(!matches!(C::EFFECT, Effect::Delete), "what destroys needs a permit") }
        self.run_any(job, until).await
    }

    /// Runs a job that destroys, to its end.
    pub(crate) async fn destroy_by_job<C: JobCommand>(
        &self,
        job: &Permitted<C>,
        until: Deadline,
    ) -> CloudResult<C::Result> {
        self.run_any(job.command(), until).await
    }

    async fn run_any<C: JobCommand>(&self, job: &C, until: Deadline) -> CloudResult<C::Result> {
        until_accepted::<C, _>(until, async || self.send_job(job, &new_job_id(), until).await).await
    }

    /// Starts a job under an id of ours and waits for its end. If the answer is lost, the job is
    /// asked for by that id; a failure without a refusal means that the cloud does not know it.
    pub(crate) async fn run_job_as<C: JobCommand>(
        &self,
        job: &C,
        id: &str,
        until: Deadline,
    ) -> CloudResult<C::Result> {
        const { assert!(!matches!(C::EFFECT, Effect::Delete), "what destroys needs a permit") }
        self.send_job(job, id, until).await
    }

    async fn send_job<C: JobCommand>(
        &self,
        job: &C,
        id: &str,
        until: Deadline,
    ) -> CloudResult<C::Result> {
        let client = self.scoped().await?;
        let started = scope::checked(self, Box::pin(client.start_as(job, id, until)).await);
        let id = match started {
            Ok(started) => started.jobid,
            Err(failure) => {
                self.find_started_job(&failure, id, until).await?.ok_or(failure)?;
                id.to_owned()
            }
        };
        Box::pin(client.wait(&id, C::NAME, until)).await.map_err(Failure::Cloud)
    }

    /// The job under an id of ours, if that failure may hide that it runs: the answer was lost, or
    /// the request was delivered twice.
    pub(crate) async fn find_started_job(
        &self,
        failure: &Failure,
        id: &str,
        until: Deadline,
    ) -> CloudResult<Option<AsyncJob>> {
        let delivered_twice =
            [CUSTOM_ID_TAKEN, JOB_ID_TAKEN, MASKED].iter().any(|phrase| failure.says(phrase));
        let found = match (is_lost(failure), delivered_twice) {
            (true, _) => self.await_arrival(id, until).await?,
            (false, true) => self.find_job(id).await?,
            (false, false) => return Ok(None),
        };
        if found.is_some() || is_lost(failure) {
            self.lost_answers.set(self.lost_answers.get() + 1);
            tracing::info!(
                "{failure}; its job {id} is {}",
                if found.is_some() { "known" } else { "not known" }
            );
        }
        Ok(found)
    }

    /// Asks for a job that was sent, until it is known or would have arrived.
    async fn await_arrival(&self, id: &str, until: Deadline) -> CloudResult<Option<AsyncJob>> {
        let until = until.or_sooner(ARRIVAL);
        loop {
            match self.find_job(id).await {
                Ok(None) => {}
                found => return found,
            }
            if until.left() <= PAUSES.0 {
                return Ok(None);
            }
            tokio::time::sleep(PAUSES.0).await;
        }
    }

    /// The job of that id; None if the cloud does not know it.
    pub(crate) async fn find_job(&self, id: &str) -> CloudResult<Option<AsyncJob>> {
        match self.get(&QueryAsyncJobResult { jobid: id.to_owned() }).await {
            Ok(job) => Ok(Some(job)),
            Err(failure) if failure.has_code(431) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// What came of a job, once it has ended.
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
        const { assert!(matches!(C::EFFECT, Effect::Read), "this is for reading") }
        let until = self.deadline(Wait::Lookup);
        let client = self.scoped().await?;
        scope::checked(self, Box::pin(client.call(call, until)).await)
    }

    /// Reads all rows.
    pub(crate) async fn list<C: Paged>(&self, of: C) -> CloudResult<Vec<C::Item>> {
        let until = self.deadline(Wait::Lookup);
        let client = self.scoped().await?;
        scope::checked(self, Box::pin(client.list_all(of, until)).await)
    }

    /// The row that is what is claimed, of a list by its id; None if the cloud has none. An id
    /// that the cloud never knew is refused, one that it knew once gives no rows. A list that
    /// holds other rows is no answer.
    pub(crate) async fn find<C: Paged>(
        &self,
        of: C,
        claim: &Claim<'_>,
    ) -> CloudResult<Option<Owned<C::Item>>>
    where
        C::Item: CloudResource,
    {
        match self.list(of).await {
            Ok(rows) => claim.find(rows).map_err(not_owned),
            Err(failure) if failure.is_not_found() => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

fn not_owned(error: NotOwned) -> Failure {
    Failure::Ready(error.into())
}

/// Runs one change as a step of the operation. If the answer is lost, `probe` looks what came of
/// it; while it finds nothing, the change is sent again. What is sent twice must be harmless.
pub(crate) async fn change<T>(
    operation: &mut Operation<'_, Intent>,
    intent: Intent,
    send: impl AsyncFn() -> CloudResult<T>,
    probe: impl AsyncFn() -> CloudResult<Option<T>>,
) -> CloudResult<T> {
    // A VM's deletion is several calls: that the last one was not sent says nothing of the others.
    let is_one_call = !matches!(intent, Intent::VmDeletion { .. });
    // What is made at once, without a job of ours, may still come when it was sent again: a twin.
    let most = match intent {
        Intent::Template { .. } | Intent::Network { .. } => 1,
        _ => MAX_SENDS,
    };
    let act = async || until_known(&send, &probe, is_one_call, most).await;
    operation.step(intent, act, async || probe().await).await
}

async fn until_known<T>(
    send: &impl AsyncFn() -> CloudResult<T>,
    probe: &impl AsyncFn() -> CloudResult<Option<T>>,
    is_one_call: bool,
    most: usize,
) -> Outcome<T, Failure> {
    let (mut pause, mut sends) = (PAUSES.0, 1);
    loop {
        let failure = match Box::pin(send()).await {
            Ok(answer) => return Outcome::Applied(answer),
            Err(failure) => failure,
        };
        let refused_again = sends > 1 && failure.is_refusal();
        if is_lost(&failure) || refused_again {
            // What was sent before may have arrived meanwhile: it is what this one collides with.
            match Box::pin(probe()).await {
                Ok(Some(answer)) => return Outcome::Applied(answer),
                Ok(None) if is_lost(&failure) && sends < most => {
                    tracing::info!("{failure}; sending it again");
                    tokio::time::sleep(pause).await;
                    (pause, sends) = ((pause * 2).min(PAUSES.1), sends + 1);
                    continue;
                }
                Ok(None) | Err(_) => {}
            }
        }
        return match call_outcome(Err(failure)) {
            // What was sent before may still come.
            Outcome::NotSent(failure) if sends > 1 => Outcome::Unknown(failure),
            Outcome::NotSent(failure) if !is_one_call => Outcome::NotApplied(failure),
            outcome => outcome,
        };
    }
}

/// The outcome of a step of one call. A refusal, of the call or of its job, is final: whatever the
/// call left behind exists by now and can be found by its name; nothing appears later.
/// (CloudStack's 530 stands for anything, so to the API crate its outcome is unknown.)
pub(crate) fn call_outcome<T>(result: CloudResult<T>) -> Outcome<T, Failure> {
    match result {
        Ok(answer) => Outcome::Applied(answer),
        Err(failure @ (Failure::Journal(_) | Failure::Ready(_))) => Outcome::NotApplied(failure),
        Err(Failure::Cloud(error)) => {
            let has_ended = error.refusal().is_some();
            let outcome = error.outcome().map_err(Failure::Cloud);
            if has_ended { outcome.ended() } else { outcome }
        }
    }
}

/// The same of a step of several calls: that the last one was not sent says nothing of those
/// before it.
pub(crate) fn step_outcome<T>(result: CloudResult<T>) -> Outcome<T, Failure> {
    match call_outcome(result) {
        Outcome::NotSent(failure) => Outcome::NotApplied(failure),
        outcome => outcome,
    }
}

/// Whether no answer came, and the call may have worked nonetheless.
pub(crate) fn is_lost(failure: &Failure) -> bool {
    match failure {
        Failure::Cloud(error @ (Error::Unanswered { .. } | Error::Foreign { .. })) => {
            matches!(error.clone().outcome::<()>(), Outcome::Unknown(_))
        }
        _ => false,
    }
}

/// Makes a call; again while the cloud says that something else works on the same thing and that
/// this will pass.
async fn until_accepted<C: Command, T>(
    until: Deadline,
    send: impl AsyncFn() -> CloudResult<T>,
) -> CloudResult<T> {
    let (mut pause, longest) = PAUSES;
    loop {
        let failure = match send().await {
            Err(failure) if will_pass::<C>(&failure) && until.left() > pause => failure,
            answer => return answer,
        };
        tracing::info!("{failure}; waiting");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}

/// A job that makes something and fails leaves a row of it, so that it must not run again under
/// the same name; but for a snapshot's, which finds out before it makes any.
fn will_pass<C: Command>(failure: &Failure) -> bool {
    let leaves_a_row = matches!(C::EFFECT, Effect::Create)
        && failure.cloud().and_then(Error::refusal).is_some_and(|refusal| refusal.from_job);
    failure.says(SNAPSHOT_UNDER_WAY)
        || !leaves_a_row && (failure.says(TRY_AGAIN) || failure.says(CONCURRENT))
}

/// Whether a failed job that made something would go well a moment later.
pub(crate) fn is_busy(failure: &Failure) -> bool {
    failure.says(TRY_AGAIN) || failure.says(CONCURRENT)
}
