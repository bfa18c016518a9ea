//! Jobs that are started under an id of ours (`customjobid`), so that a lost answer costs nothing.
//!
//! Recorded from 4.22: the job's id is the one that was given, and can be asked for at once. What
//! *makes* something makes it before it notices that the id is used, so it is never sent again
//! under the same id; any other command is refused then, and nothing happens.
//!
//! ```text
//!  send ──► answered, refused, never sent ───────────────────────────► that
//!    ▲  └─► no answer, 502 … 504, reset: ask for the job by its id
//!    │                          │ there ────────────────────────────► wait for it
//!    └── once more ◄─── not there for as long as it may still arrive
//! ```

use crate::JobCommand;
use crate::api::{AsyncJob, QueryAsyncJobResult, Started};
use crate::client::Client;
use crate::error::Error;
use crate::exchange::Call;
use cloud_http::{Deadline, Effect};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// A cloud that does not tell of the job is asked for so many times the time of an arrival.
const PATIENCE: u32 = 5;

/// How often a job is asked for at first.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const LONGEST_LOOK: Duration = Duration::from_millis(500);

/// How often a job is started anew, at most.
const MOST_STARTS: usize = 3;

/// A job, and what is known of how it was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedJob {
    /// The job to wait for.
    pub job: String,
    /// What is being made, where the answer told it.
    pub id: Option<String>,
    /// Whether a request that made something was sent again under another job id, so that there
    /// may be a twin of what it made, under the same name.
    pub may_have_twin: bool,
}

/// A job that was not started, as far as is known.
struct NotStarted {
    error: Error,
    /// Whether the answer was lost and there is no such job: it cannot appear any more.
    is_absent: bool,
}

impl Client {
    /// Starts a job under an id that nobody else has. What the cloud checks at once is refused
    /// here; an answer that is lost costs a look at the job.
    pub async fn start<C: JobCommand>(
        &self,
        command: &C,
        deadline: Deadline,
    ) -> Result<StartedJob, Error> {
        let (mut earlier, mut lost): (Vec<String>, Option<Error>) = Default::default();
        loop {
            let id = Uuid::new_v4().to_string();
            let (error, is_absent) = match self.start_under(command, &id, deadline).await {
                Ok(started) => {
                    let may_have_twin = !earlier.is_empty() && C::EFFECT == Effect::Create;
                    return Ok(StartedJob { may_have_twin, ..started });
                }
                Err(NotStarted { error, is_absent }) => (error, is_absent),
            };
            // It is refused because an earlier one has arrived meanwhile: the name is taken.
            for job in earlier.iter().filter(|_| error.refusal().is_some()) {
                if self.is_started(job, &error, deadline).await? {
                    return Ok(StartedJob { job: job.clone(), id: None, may_have_twin: false });
                }
            }
            if !is_absent || earlier.len() >= MOST_STARTS || deadline.passed() {
                // That the last one was not sent says nothing of those before it.
                return Err(if error.is_unsent() { lost.unwrap_or(error) } else { error });
            }
            tracing::debug!("{error}: there is no job {id}; starting another");
            lost = Some(error);
            earlier.push(id);
        }
    }

    /// Starts a job under an id of the caller's choosing (a UUID in lower case), which may be written
    /// down beforehand so that any process can ask for it. It is sent once; a lost answer is the
    /// caller's to look up.
    pub async fn start_as<C: JobCommand>(
        &self,
        command: &C,
        job: &str,
        deadline: Deadline,
    ) -> Result<Started, Error> {
        let mut call = self.prepare(command)?;
        call.set("customjobid", job);
        self.exchange.repeat(&call, deadline).await
    }

    /// Starts a job and waits for its end.
    pub async fn run<C: JobCommand>(
        &self,
        command: &C,
        deadline: Deadline,
    ) -> Result<C::Result, Error> {
        let started = self.start(command, deadline).await?;
        self.wait(&started.job, C::NAME, deadline).await
    }

    async fn start_under<C: JobCommand>(
        &self,
        command: &C,
        job: &str,
        deadline: Deadline,
    ) -> Result<StartedJob, NotStarted> {
        let certain = |error| NotStarted { error, is_absent: false };
        let mut call = self.prepare(command).map_err(certain)?;
        call.set("customjobid", job);
        let (mut starts, mut lost) = (0, None);
        loop {
            let error = match self.exchange.repeat::<Started>(&call, deadline).await {
                Ok(Started { id, jobid }) => {
                    return Ok(StartedJob { job: jobid, id, may_have_twin: false });
                }
                Err(error) => error,
            };
            starts += 1;
            // A second one is refused because the first has arrived: the id is taken.
            let may_run = error.is_lost() || starts > 1 && error.refusal().is_some();
            if may_run && self.is_started(job, &error, deadline).await.map_err(certain)? {
                tracing::debug!("{error}: job {job} was started nevertheless");
                return Ok(StartedJob { job: job.into(), id: None, may_have_twin: false });
            }
            let may_resend = C::EFFECT != Effect::Create && error.is_lost();
            if !may_resend || starts >= MOST_STARTS || deadline.passed() {
                let error = if error.is_unsent() { lost.unwrap_or(error) } else { error };
                return Err(NotStarted { is_absent: error.is_lost(), error });
            }
            lost = Some(error);
        }
    }

    /// Whether there is a job of this id; asked until it cannot appear any more.
    async fn is_started(&self, job: &str, lost: &Error, deadline: Deadline) -> Result<bool, Error> {
        let call = Call::of(&QueryAsyncJobResult { jobid: job.into() })?.about_job(job);
        let (arrival, begun) = (self.exchange.arrival(), Instant::now());
        let mut pause = FIRST_LOOK;
        loop {
            match self.exchange.once::<AsyncJob>(&call, deadline).await {
                Ok(_) => return Ok(true),
                // Who was refused for good knows at once.
                Err(error) if error.code() == Some(431) => {
                    if lost.refusal().is_some() || begun.elapsed() >= arrival {
                        return Ok(false);
                    }
                }
                Err(error) if error.is_transient() && begun.elapsed() < arrival * PATIENCE => {}
                // Nothing can be learned of it.
                Err(_) => return Err(lost.clone()),
            }
            if deadline.left() <= pause {
                return Err(lost.clone());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_LOOK);
        }
    }
}
