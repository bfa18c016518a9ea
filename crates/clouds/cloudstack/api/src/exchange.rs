//! One exchange with the cloud: signs, sends, reads the answer, and sends again where the
//! command's effect allows it.

use crate::Command;
use crate::answer::{self, Answer, Fault};
use crate::clock;
use crate::error::{Error, Refusal};
use crate::request::{self, Parameters};
use crate::settings::{ClientSettings, Credentials};
use crate::tally::{Tallied, Tally};
use bytes::Bytes;
use cloud_http::{
    Deadline, Effect, Exchanged, Reachability, Retry, Scrubber, Transport, Waits, api_span,
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use std::hash::{DefaultHasher, Hasher as _};
use std::time::Duration;
use tokio::time::Instant;
use tracing::Instrument as _;

/// The largest answer that is read. Read, it takes some eight times as much; a page of 500 rows is
/// a third of it.
const ANSWER_LIMIT: usize = 8 << 20;

/// The way to one cloud under one account.
#[derive(Debug)]
pub(crate) struct Exchange {
    endpoint: http::Uri,
    credentials: Credentials,
    secrets: Scrubber,
    transport: Transport,
    request_timeout: Duration,
    retry: Retry,
    arrival: Duration,
    tally: Tallied,
    reach: Reachability,
}

impl Exchange {
    pub(crate) fn new(settings: ClientSettings) -> Result<Self, Error> {
        let endpoint = settings.endpoint()?;
        let mut transport = settings.transport;
        transport.answer_limit.get_or_insert(ANSWER_LIMIT);
        let transport = Transport::new(transport).map_err(|e| Error::Settings(e.to_string()))?;
        let Credentials { api_key, secret_access_key } = &settings.credentials;
        Ok(Self {
            endpoint,
            secrets: Scrubber::new([api_key.clone(), secret_access_key.clone()]),
            credentials: settings.credentials,
            transport,
            request_timeout: settings.request_timeout,
            retry: settings.retry,
            arrival: settings.arrival,
            tally: Tallied::default(),
            reach: Reachability::default(),
        })
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally.now()
    }

    /// For so long a request whose answer was lost may still arrive.
    pub(crate) fn arrival(&self) -> Duration {
        self.arrival
    }

    /// Notes whose the keys are.
    pub(crate) fn note_account(&self, id: &str) {
        self.tally.account(id);
    }

    /// What the cloud said, without secrets.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.secrets.clean(text)
    }

    pub(crate) fn cleaned(&self, fault: Fault) -> Fault {
        Fault { text: self.clean(&fault.text), ..fault }
    }

    /// Sends a call until it is answered, its budget is spent or its effect forbids more.
    pub(crate) async fn repeat<T: DeserializeOwned>(
        &self,
        call: &Call,
        deadline: Deadline,
    ) -> Result<T, Error> {
        self.repeat_digested(call, deadline).await.map(|(answer, _)| answer)
    }

    /// The same, with a digest of the answer's bytes: two that are alike have the same.
    pub(crate) async fn repeat_digested<T: DeserializeOwned>(
        &self,
        call: &Call,
        deadline: Deadline,
    ) -> Result<(T, u64), Error> {
        self.secrets.remember(call.parameters.secrets());
        let mut waits = self.retry.waits();
        let mut tries = self.reach.tries();
        loop {
            let begun = Instant::now();
            let error = match self.digested(call, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.is_unsent() && tries.give_up(begun.elapsed()) {
                return Err(error);
            }
            let Some(wait) = next_wait(&error, call.effect, &mut waits, deadline) else {
                return Err(error);
            };
            tracing::trace!("{}: again in {} ms", call.name, wait.as_millis());
            tokio::time::sleep(wait).await;
            self.tally.retry();
        }
    }

    /// Sends a call once.
    pub(crate) async fn once<T: DeserializeOwned>(
        &self,
        call: &Call,
        deadline: Deadline,
    ) -> Result<T, Error> {
        self.digested(call, deadline).await.map(|(answer, _)| answer)
    }

    async fn digested<T: DeserializeOwned>(
        &self,
        call: &Call,
        deadline: Deadline,
    ) -> Result<(T, u64), Error> {
        self.exchange(call, deadline).instrument(api_span(call.name)).await
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        call: &Call,
        deadline: Deadline,
    ) -> Result<(T, u64), Error> {
        // Signed anew each time: a signature expires.
        let request =
            request::signed(&call.parameters, &self.endpoint, &self.credentials, Timestamp::now())?;
        let deadline = deadline.or_sooner(self.request_timeout);
        let begun = Instant::now();
        let answer = self.transport.send(request, deadline).await;
        let took = begun.elapsed();
        self.tally.request(call.name, took);
        self.tally.ahead(answer.as_ref().ok().and_then(|it| clock::ahead(it, Timestamp::now())));
        let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        let result = match answer {
            Ok(answer) => {
                let digest = digest(answer.body());
                self.judge(call, answer).map(|value| (value, digest))
            }
            Err(cause) => Err(Error::Unanswered { command: call.name, cause }),
        };
        let error = result.as_ref().err();
        self.reach.note(error.is_some_and(Error::is_unsent));
        self.tally.ended(error.and_then(Error::code), self.reach.is_away());
        Exchanged { call: call.name, effect: call.effect, status, took, poll: call.job.as_deref() }
            .log(error);
        result
    }

    fn judge<T: DeserializeOwned>(
        &self,
        call: &Call,
        answer: http::Response<Bytes>,
    ) -> Result<T, Error> {
        let (command, http_status) = (call.name, answer.status().as_u16());
        match answer::read(command, &answer) {
            Answer::Good(value) => Ok(value),
            Answer::Refused(fault) => {
                let mut fault = self.cleaned(fault);
                if let Some(note) = clock::note(&answer, Timestamp::now()) {
                    fault.text += &note;
                }
                let refusal = Refusal::new(command, call.effect, http_status, fault);
                Err(Error::Refused(Box::new(refusal)))
            }
            Answer::Odd(reason) => Err(Error::Odd { command, reason: self.clean(&reason) }),
            Answer::Foreign(what) => {
                let retry_after = retry_after(&answer);
                Err(Error::Foreign { command, http_status, what, retry_after })
            }
        }
    }
}

fn digest(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    hasher.finish()
}

/// `Retry-After` in seconds; a date is not read.
fn retry_after(answer: &http::Response<Bytes>) -> Option<Duration> {
    let text = answer.headers().get(http::header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// The wait before the call is sent again; None if it must not be, or not any more.
fn next_wait(
    error: &Error,
    effect: Effect,
    waits: &mut Waits,
    deadline: Deadline,
) -> Option<Duration> {
    let is_limit = matches!(error, Error::Refused(_) | Error::Foreign { http_status: 429, .. });
    if let Some(wait) = error.asked_wait().filter(|_| is_limit || effect == Effect::Read) {
        return waits.as_asked(wait, deadline);
    }
    match error {
        // CloudStack says itself that it has not begun.
        Error::Refused(refusal) if refusal.errorcode == 503 => waits.after_failure(deadline),
        Error::Unanswered { cause, .. } if effect.may_resend_after(cause) => {
            waits.after_failure(deadline)
        }
        error if effect == Effect::Read && error.is_transient() => waits.after_failure(deadline),
        _ => None,
    }
}

/// A call, ready to be sent any number of times.
pub(crate) struct Call {
    name: &'static str,
    effect: Effect,
    parameters: Parameters,
    /// The job that is asked for.
    job: Option<String>,
}

impl Call {
    pub(crate) fn of<C: Command>(command: &C) -> Result<Self, Error> {
        let parameters = Parameters::of(command)?;
        Ok(Self { name: C::NAME, effect: C::EFFECT, parameters, job: None })
    }

    /// A poll of this job, for the log.
    pub(crate) fn about_job(self, job: &str) -> Self {
        Self { job: Some(job.into()), ..self }
    }

    /// Sets a parameter beside the command's own.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.parameters.set(name, value);
    }
}
