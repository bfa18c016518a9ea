//! The client: signs, sends, sends again where that is safe, waits for jobs, follows pages.

use crate::answer::{self, Answer, Fault};
use crate::api::{AsyncJob, List, QueryAsyncJobResult, Started};
use crate::error::{Error, JobLoss, Refusal};
use crate::request::{self, Parameters};
use crate::scrub::Scrubber;
use crate::settings::ClientSettings;
use crate::tally::{Tallied, Tally};
use crate::{Command, CommandInfo, JobCommand, Paged, clock, job};
use bytes::Bytes;
use cloud_http::{Deadline, Effect, Retry, Transport, Waits};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Rows a page: the most that a cloud with default settings gives.
const PAGE_SIZE: usize = 500;

/// A CloudStack API client. Clones share connections and tally.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    endpoint: http::Uri,
    secrets: Scrubber,
    transport: Transport,
    request_timeout: Duration,
    retry: Retry,
    tally: Tallied,
}

impl Client {
    /// Checks the settings; no I/O.
    pub fn new(settings: ClientSettings) -> Result<Self, Error> {
        let endpoint = settings.endpoint()?;
        let transport =
            Transport::new(settings.transport).map_err(|e| Error::Settings(e.to_string()))?;
        let inner = Inner {
            endpoint,
            secrets: Scrubber::new(settings.credentials),
            transport,
            request_timeout: settings.request_timeout,
            retry: settings.retry,
            tally: Tallied::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What this client and its clones have done so far.
    pub fn tally(&self) -> Tally {
        self.inner.tally.now()
    }

    /// Makes a call, again if it failed and its effect allows that.
    pub async fn call<C: Command>(
        &self,
        command: &C,
        deadline: Deadline,
    ) -> Result<C::Answer, Error> {
        let call = Call::of(command)?;
        self.repeat(&call, deadline).await
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
        let mut call = Call::of(command)?;
        call.parameters.set("customjobid", job);
        self.repeat(&call, deadline).await
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
        let lost = |why| Error::JobLost { command, job: job.into(), why };
        let poll =
            Call { job: Some(job.into()), ..Call::of(&QueryAsyncJobResult { jobid: job.into() })? };
        let begun = Instant::now();
        let mut why = JobLoss::StillRunning;
        loop {
            let pause = job::jittered(begun.elapsed()).max(why.asked_wait());
            tokio::time::sleep(pause.min(deadline.left())).await;
            if deadline.passed() {
                return Err(lost(why));
            }
            match self.once::<AsyncJob>(&poll, deadline).await {
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
                let reason = self.inner.secrets.clean(&format!("jobresult: {e}"));
                Error::Odd { command, reason }
            }),
            job::End::Failed(fault) => {
                let fault = self.cleaned(fault);
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
        let mut call = Call::of(&command)?;
        call.parameters.set("pagesize", PAGE_SIZE.to_string());
        let mut rows = Vec::new();
        for page in 1u32.. {
            call.parameters.set("page", page.to_string());
            let List { count, items } = self.repeat::<List<C::Item>>(&call, deadline).await?;
            let last = items.len() < PAGE_SIZE;
            rows.extend(items);
            if last || rows.len() as u64 >= count {
                break;
            }
        }
        Ok(rows)
    }

    /// Sends a call until it is answered, its budget is spent or its effect forbids more.
    async fn repeat<T: DeserializeOwned>(
        &self,
        call: &Call,
        deadline: Deadline,
    ) -> Result<T, Error> {
        self.inner.secrets.remember(&call.parameters);
        let mut waits = self.inner.retry.waits();
        loop {
            let error = match self.once(call, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Some(wait) = next_wait(&error, call.effect, &mut waits, deadline) else {
                return Err(error);
            };
            tracing::trace!(cs.command = call.name, "again in {} ms", wait.as_millis());
            tokio::time::sleep(wait).await;
            self.inner.tally.retry();
        }
    }

    /// Sends a call once.
    async fn once<T: DeserializeOwned>(&self, call: &Call, deadline: Deadline) -> Result<T, Error> {
        let Inner { endpoint, secrets, .. } = &*self.inner;
        // Signed anew each time: a signature expires.
        let request =
            request::signed(&call.parameters, endpoint, secrets.keys(), Timestamp::now())?;
        let deadline = deadline.or_sooner(self.inner.request_timeout);
        let begun = Instant::now();
        let answer = self.inner.transport.send(request, deadline).await;
        let took = begun.elapsed();
        self.inner.tally.request(call.name, took);
        let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        let result = match answer {
            Ok(answer) => self.judge(call, answer),
            Err(cause) => Err(Error::Unanswered { command: call.name, cause }),
        };
        call.log(status, took, result.as_ref().err());
        result
    }

    fn judge<T: DeserializeOwned>(
        &self,
        call: &Call,
        answer: http::Response<Bytes>,
    ) -> Result<T, Error> {
        let (command, http_status) = (call.name, answer.status().as_u16());
        match answer::read(&answer) {
            Answer::Good(value) => Ok(value),
            Answer::Refused(fault) => {
                let mut fault = self.cleaned(fault);
                if let Some(note) = clock::note(&answer, Timestamp::now()) {
                    fault.text += &note;
                }
                let refusal = Refusal::new(command, call.effect, http_status, fault);
                Err(Error::Refused(Box::new(refusal)))
            }
            Answer::Odd(reason) => {
                Err(Error::Odd { command, reason: self.inner.secrets.clean(&reason) })
            }
            Answer::Foreign(what) => Err(Error::Foreign { command, http_status, what }),
        }
    }

    fn cleaned(&self, fault: Fault) -> Fault {
        Fault { text: self.inner.secrets.clean(&fault.text), ..fault }
    }
}

/// The wait before the call is sent again; None if it must not be, or not any more.
fn next_wait(
    error: &Error,
    effect: Effect,
    waits: &mut Waits,
    deadline: Deadline,
) -> Option<Duration> {
    match error {
        // CloudStack says itself that it has not begun.
        Error::Refused(refusal) => match refusal.asked_wait() {
            Some(wait) => waits.as_asked(wait, deadline),
            None if refusal.errorcode == 503 => waits.after_failure(deadline),
            None => None,
        },
        Error::Unanswered { cause, .. } if effect.may_resend_after(cause) => {
            waits.after_failure(deadline)
        }
        error if effect == Effect::Read && error.is_transient() => waits.after_failure(deadline),
        _ => None,
    }
}

/// A call, ready to be sent any number of times.
struct Call {
    name: &'static str,
    effect: Effect,
    parameters: Parameters,
    /// The job that is asked for.
    job: Option<String>,
}

impl Call {
    fn of<C: Command>(command: &C) -> Result<Self, Error> {
        let parameters = Parameters::of(command)?;
        Ok(Self { name: C::NAME, effect: C::EFFECT, parameters, job: None })
    }

    /// One event per exchange; no parameter but the job's id.
    fn log(&self, status: u16, took: Duration, error: Option<&Error>) {
        let (name, duration_ms) = (self.name, took.as_millis() as u64);
        let job = self.job.as_deref();
        match error {
            None => tracing::debug!(
                cs.command = name,
                status,
                duration_ms,
                cs.job = job,
                "{name}: {status} in {duration_ms} ms"
            ),
            Some(error) => tracing::debug!(
                cs.command = name,
                status,
                duration_ms,
                cs.job = job,
                "{error} ({duration_ms} ms)"
            ),
        }
    }
}
