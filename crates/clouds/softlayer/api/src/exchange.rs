//! One exchange with the cloud: sends, reads the answer, and sends again where the call's effect
//! allows it.

use crate::answer::{self, Answer};
use crate::error::{Error, Refusal};
use crate::request::Prepared;
use crate::settings::{ClientSettings, Credentials};
use bytes::Bytes;
use cloud_http::{
    CloudError, Deadline, Effect, Exchanged, Reachability, Retry, Scrubber, Transport, Waits,
    api_span, reveal,
};
use http::header::RETRY_AFTER;
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;
use tracing::Instrument as _;

/// The way to the API for one user.
#[derive(Debug)]
pub(crate) struct Exchange {
    endpoint: String,
    credentials: Credentials,
    secrets: Scrubber,
    transport: Transport,
    request_timeout: Duration,
    retry: Retry,
    reach: Reachability,
}

/// An answer, and how many rows there are in all, if it told.
pub(crate) struct Answered {
    pub(crate) value: Value,
    pub(crate) total: Option<usize>,
}

impl Exchange {
    pub(crate) fn new(settings: ClientSettings) -> Result<Self, Error> {
        let endpoint = settings.endpoint()?;
        let transport =
            Transport::new(settings.transport).map_err(|e| Error::Settings(e.to_string()))?;
        let key = match &settings.credentials {
            Credentials::Key { api_key, .. } => api_key.clone(),
            Credentials::Token(token) => token.clone(),
        };
        Ok(Self {
            endpoint,
            credentials: settings.credentials,
            secrets: Scrubber::new([key]),
            transport,
            request_timeout: settings.request_timeout,
            retry: settings.retry,
            reach: Reachability::default(),
        })
    }

    /// Whether the last request certainly did not leave this machine.
    pub(crate) fn is_away(&self) -> bool {
        self.reach.is_away()
    }

    /// Sends a call until it is answered, its budget is spent or its effect forbids more.
    pub(crate) async fn repeat(
        &self,
        call: &Prepared,
        deadline: Deadline,
    ) -> Result<Answered, Error> {
        let (mut waits, mut tries) = (self.retry.waits(), self.reach.tries());
        loop {
            let begun = Instant::now();
            let error = match self.once(call, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.is_unreachable() && tries.give_up(begun.elapsed()) {
                return Err(error);
            }
            let Some(wait) = next_wait(&error, call.effect, &mut waits, deadline) else {
                return Err(error);
            };
            tracing::trace!("{}: again in {} ms", call.name, wait.as_millis());
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends a call once.
    pub(crate) async fn once(
        &self,
        call: &Prepared,
        deadline: Deadline,
    ) -> Result<Answered, Error> {
        self.exchange(call, deadline).instrument(api_span(call.name)).await
    }

    async fn exchange(&self, call: &Prepared, deadline: Deadline) -> Result<Answered, Error> {
        self.secrets.remember(call.secrets.iter().map(reveal));
        let request = call.request(&self.endpoint, &self.credentials)?;
        let begun = Instant::now();
        let answer = self.transport.send(request, deadline.or_sooner(self.request_timeout)).await;
        let took = begun.elapsed();
        let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        let result = match answer {
            Ok(answer) => self.judge(call, answer),
            Err(cause) => Err(Error::Unanswered { call: call.name, effect: call.effect, cause }),
        };
        self.reach.note(result.as_ref().err().is_some_and(CloudError::is_unreachable));
        Exchanged {
            call: call.name,
            effect: call.effect,
            status,
            took,
            poll: call.poll.as_deref(),
        }
        .log(result.as_ref().err());
        result
    }

    fn judge(&self, call: &Prepared, answer: http::Response<Bytes>) -> Result<Answered, Error> {
        let (name, effect, http_status) = (call.name, call.effect, answer.status().as_u16());
        match answer::read(&answer) {
            Answer::Good(value) => {
                Ok(Answered { value, total: number(&answer, "SoftLayer-Total-Items") })
            }
            Answer::Refused(mut fault) => {
                fault.text = self.secrets.clean(&fault.text);
                let mut refusal = Refusal::new(name, effect, http_status, fault);
                let seconds = number(&answer, RETRY_AFTER.as_str());
                refusal.retry_after = seconds.map(|n| Duration::from_secs(n as u64));
                Err(Error::Refused(Box::new(refusal)))
            }
            Answer::Foreign(what) => Err(Error::Foreign { call: name, effect, http_status, what }),
        }
    }
}

fn number(answer: &http::Response<Bytes>, header: &str) -> Option<usize> {
    answer.headers().get(header)?.to_str().ok()?.trim().parse().ok()
}

/// The wait before the call is sent again; None if it must not be, or not any more.
fn next_wait(
    error: &Error,
    effect: Effect,
    waits: &mut Waits,
    deadline: Deadline,
) -> Option<Duration> {
    match error {
        Error::Refused(refusal) if refusal.asked_wait().is_some() => {
            // SoftLayer says itself that it has not begun.
            waits.as_asked(refusal.asked_wait()?, deadline)
        }
        Error::Unanswered { cause, .. } if effect.may_resend_after(cause) => {
            waits.after_failure(deadline)
        }
        error if effect == Effect::Read && error.is_transient() => waits.after_failure(deadline),
        _ => None,
    }
}
