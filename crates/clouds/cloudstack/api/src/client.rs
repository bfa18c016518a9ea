//! The client: makes calls, waits for jobs, follows pages.

use crate::api::{AsyncJob, List, QueryAsyncJobResult, Started};
use crate::error::{Error, JobLoss, Refusal};
use crate::exchange::{Call, Exchange};
use crate::phrases::PAGE_TOO_LARGE;
use crate::scope::Scope;
use crate::settings::ClientSettings;
use crate::tally::Tally;
use crate::{Command, CommandInfo, JobCommand, Paged, job};
use cloud_http::{Deadline, Effect, jittered_pause, wait_span};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use tokio::time::Instant;
use tracing::Instrument as _;

/// Rows a page: the most that a cloud with default settings gives.
const PAGE_SIZE: usize = 500;

/// A CloudStack API client. Clones share connections and tally.
#[derive(Debug, Clone)]
pub struct Client {
    exchange: Arc<Exchange>,
    scope: Scope,
}

impl Client {
    /// Checks the settings; no I/O.
    pub fn new(settings: ClientSettings) -> Result<Self, Error> {
        Ok(Self { exchange: Arc::new(Exchange::new(settings)?), scope: Scope::Own })
    }

    /// The same client, for the things of somebody else.
    pub fn within(&self, scope: Scope) -> Self {
        Self { scope, ..self.clone() }
    }

    /// A call, with whose things it is about.
    fn prepare<C: Command>(&self, command: &C) -> Result<Call, Error> {
        let mut call = Call::of(command)?;
        if C::OWNED {
            for (name, value) in self.scope.parameters() {
                call.set(name, value);
            }
        }
        Ok(call)
    }

    /// What this client and its clones have done so far.
    pub fn tally(&self) -> Tally {
        self.exchange.tally()
    }

    /// Makes a call, again if it failed and its effect allows that.
    pub async fn call<C: Command>(
        &self,
        command: &C,
        deadline: Deadline,
    ) -> Result<C::Answer, Error> {
        let call = self.prepare(command)?;
        self.exchange.repeat(&call, deadline).await
    }

    /// Starts a job. What the cloud checks at once is refused here.
    pub async fn start<C: JobCommand>(
        &self,
        command: &C,
        deadline: Deadline,
    ) -> Result<Started, Error> {
        self.call(command, deadline).await
    }

    /// Starts a job under an id of our choosing (a UUID in lower case), so that it can be asked
    /// for even if the answer is lost. Never to be sent again under the same id: the cloud makes
    /// the thing before it notices.
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
        self.wait(&started.jobid, C::NAME, deadline).await
    }

    /// Waits for the end of a job that `command` started.
    pub async fn wait<T: DeserializeOwned>(
        &self,
        job: &str,
        command: &'static str,
        deadline: Deadline,
    ) -> Result<T, Error> {
        self.until_ended(job, command, deadline).instrument(wait_span(command, job)).await
    }

    async fn until_ended<T: DeserializeOwned>(
        &self,
        job: &str,
        command: &'static str,
        deadline: Deadline,
    ) -> Result<T, Error> {
        let lost = |why| Error::JobLost { command, job: job.into(), why };
        let poll = Call::of(&QueryAsyncJobResult { jobid: job.into() })?.about_job(job);
        let begun = Instant::now();
        let mut why = JobLoss::StillRunning;
        loop {
            let pause = jittered_pause(begun.elapsed()).max(why.asked_wait());
            tokio::time::sleep(pause.min(deadline.left())).await;
            if deadline.passed() {
                return Err(lost(why));
            }
            match self.exchange.once::<AsyncJob>(&poll, deadline).await {
                Ok(state) => match job::end(state) {
                    Some(end) => return self.job_ended(end, job, command),
                    None => why = JobLoss::StillRunning,
                },
                Err(error) if error.is_transient() => why = JobLoss::Unseen(Box::new(error)),
                Err(error) if error.code() == Some(431) => return Err(lost(JobLoss::Purged)),
                Err(error) => return Err(lost(JobLoss::Unseen(Box::new(error)))),
            }
        }
    }

    fn job_ended<T: DeserializeOwned>(
        &self,
        end: job::End,
        job: &str,
        command: &'static str,
    ) -> Result<T, Error> {
        match end {
            job::End::Good(result) => serde_json::from_value(result).map_err(|e| {
                let reason = self.exchange.clean(&format!("jobresult: {e}"));
                Error::Odd { command, reason }
            }),
            job::End::Failed(fault) => {
                let fault = self.exchange.cleaned(fault);
                // Of a job that nobody here could have started: it changes something.
                let effect = CommandInfo::named(command).map_or(Effect::Change, |row| row.effect);
                let refusal = Refusal::of_job(command, effect, fault);
                Err(Error::Refused(Box::new(refusal)))
            }
            job::End::Lost(why) => Err(Error::JobLost { command, job: job.into(), why }),
        }
    }

    /// All rows of a list, page by page. A row that others add or remove meanwhile may be
    /// missing or be there twice, as CloudStack counts pages anew each time.
    pub async fn list_all<C: Paged>(
        &self,
        command: C,
        deadline: Deadline,
    ) -> Result<Vec<C::Item>, Error> {
        let mut call = self.prepare(&command)?;
        let (mut rows, mut size) = (Vec::new(), PAGE_SIZE);
        loop {
            call.set("pagesize", size.to_string());
            call.set("page", (rows.len() / size + 1).to_string());
            match self.exchange.repeat::<List<C::Item>>(&call, deadline).await {
                Ok(List { count, items }) => {
                    let last = items.len() < size;
                    rows.extend(items);
                    if last || rows.len() as u64 >= count {
                        return Ok(rows);
                    }
                }
                Err(error) => size = smaller_page(&error, size).ok_or(error)?,
            }
        }
    }
}

/// The page size that the cloud allows, where it refused a larger one:
/// "Page size can't exceed max allowed page size value: 500".
fn smaller_page(error: &Error, refused: usize) -> Option<usize> {
    let (_, allowed) = error.refusal()?.text.split_once(PAGE_TOO_LARGE)?;
    let digits = allowed.trim_start_matches([':', ' ']).split(|c: char| !c.is_ascii_digit()).next();
    digits?.parse().ok().filter(|size| (1..refused).contains(size))
}
