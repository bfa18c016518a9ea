//! Spans around what takes time in a cloud, for traces. Nobody who does not trace hears of them.

use tracing::Span;
use tracing::field::Empty;

/// The name of the span around one request and its answer.
pub const API_SPAN: &str = "api_call";
/// The name of the span around a wait for something to come about in the cloud, polls and all.
pub const WAIT_SPAN: &str = "wait";

/// The span around one request of this API call.
pub fn api_span(call: &'static str) -> Span {
    tracing::debug_span!(
        "api_call",
        cloud.call = call,
        http.response.status_code = Empty,
        otel.kind = "client",
        otel.status_code = Empty,
        otel.status_description = Empty,
    )
}

/// The span around a wait for `what` (a job's id, say), which this API call has begun.
pub fn wait_span(call: &'static str, what: &str) -> Span {
    tracing::debug_span!("wait", cloud.call = call, cloud.poll = what)
}
