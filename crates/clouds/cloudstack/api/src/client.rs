//! The client: makes calls, waits for jobs, follows pages.

use crate::api::{AsyncJob, QueryAsyncJobResult};
use crate::error::{Error, JobLoss, Refusal};
use crate::exchange::{Call, Exchange};
use crate::scope::Scope;
use crate::settings::ClientSettings;
use crate::tally::Tally;
use crate::{Command, CommandInfo, job};
use cloud_http::{Deadline, Effect, jittered_pause, wait_span};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use tokio::time::Instant;
use tracing::Instrument as _;

/// A CloudStack API client. Clones share connections and tally.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) exchange: Arc<Exchange>,
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
    pub(crate) fn prepare<C: Command>(&self, command: &C) -> Result<Call, Error> {
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
                Ok(state) => match self.end(state) {
                    Some(end) => return self.job_ended(end, job, command),
                    None => why = JobLoss::StillRunning,
                },
                Err(error) if error.is_transient() => why = JobLoss::Unseen(Box::new(error)),
                Err(error) if error.code() == Some(431) => return Err(lost(JobLoss::Purged)),
                Err(error) => return Err(lost(JobLoss::Unseen(Box::new(error)))),
            }
        }
    }

    /// What a poll told; None while the job runs. It also tells whose the keys are.
    fn end(&self, state: AsyncJob) -> Option<job::End> {
        if let Some(account) = state.other.get("accountid").and_then(|id| id.as_str()) {
            self.exchange.note_account(account);
        }
        job::end(state)
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
}
