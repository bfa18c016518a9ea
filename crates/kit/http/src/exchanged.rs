//! What is told of each exchange with a cloud, whichever it is.

use crate::Effect;
use std::fmt::Display;
use std::time::Duration;

/// The field of the event of an exchange that holds the API call's name.
pub const CALL_FIELD: &str = "cloud.call";
/// The field that holds what is being waited for, in the event of an exchange that only asks
/// whether something has come about: a job's id, say.
pub const POLL_FIELD: &str = "cloud.poll";
/// The field that holds how long the exchange took, in ms.
pub const TOOK_FIELD: &str = "duration_ms";

/// One exchange with a cloud: a request and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Exchanged<'e> {
    /// The API call's name.
    pub call: &'static str,
    /// What it does to the cloud.
    pub effect: Effect,
    /// The HTTP status; 0 if no answer came.
    pub status: u16,
    /// How long it took.
    pub took: Duration,
    /// What is being waited for, if it was a poll.
    pub poll: Option<&'e str>,
}

impl Exchanged<'_> {
    /// Tells of it, also to the span around it: one event, without any parameter but a poll's. The error must hold no secret.
    pub fn log(self, error: Option<&impl Display>) {
        let Self { call, effect, status, took, poll } = self;
        let duration_ms = took.as_millis() as u64;
        let span = tracing::Span::current();
        span.record("http.response.status_code", status);
        if let Some(error) = error {
            span.record("otel.status_code", "ERROR");
            span.record("otel.status_description", tracing::field::display(error));
        }
        // The names are those of the constants above; the macro takes no others.
        macro_rules! tell {
            ($level:ident, $($words:tt)+) => {
                tracing::$level!(
                    cloud.call = call,
                    status,
                    duration_ms,
                    cloud.poll = poll,
                    $($words)+
                )
            };
        }
        // What changes a cloud is worth a line at the usual level; there are few of those.
        match (error, effect) {
            (None, Effect::Read) => tell!(debug, "{call}: {status} in {duration_ms} ms"),
            (None, _) => tell!(info, "{call}: {status} in {duration_ms} ms"),
            // Whoever gives up because of it tells of it.
            (Some(error), _) => tell!(debug, "{error} ({duration_ms} ms)"),
        }
    }
}
