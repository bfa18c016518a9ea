//! The one way through: bytes of a request in, a response out, whatever happens.

use crate::statistics::Statistics;
use crate::traces::Traces;
use crate::{ConfigFile, Environment, Secrets, StateDir, log, message_bus, panics, plugins};
use bosh_cpi::config::LogLevel;
use bosh_cpi::{Call, CpiError, Request, Response, Result};
use cpi_kit::DynProvider;
use serde_json::Value;
use std::io;
use tokio::runtime::Runtime;
use tracing::field::Empty;
use tracing::{Instrument, Span};

/// Answers the request in `bytes` by `config`, and lets `deliver` write the response. What was
/// made is undone if that fails, as nobody would know of it.
///
/// Works on its own thread's time only: a provider never leaves the thread of its call.
///
/// # Errors
/// That of `deliver`; everything else becomes a response.
pub fn answer(
    bytes: &[u8],
    config: &Result<ConfigFile>,
    environment: &Environment,
    deliver: impl FnOnce(&Response) -> io::Result<()>,
) -> io::Result<()> {
    let statistics = Statistics::begin();
    let request = panics::catch(|| Request::parse(bytes));
    let info = CallInfo::of(&request, config);
    // `info` asks nothing of a cloud, and comes before every call.
    let traced = config.as_ref().ok().filter(|_| info.method != "info");
    let traces = traced.and_then(|it| Traces::configured(&it.config.common().traces));
    let level = level(&request, config);
    let output = environment.log.clone();
    let log = log::of_call(level, info.secrets.clone(), output, &statistics, traces.as_ref());
    tracing::dispatcher::with_default(&log, || {
        let call = LoggedCall { info, statistics, traces };
        call.answer(request, config, environment, deliver)
    })
}

/// A call whose log is set up.
struct LoggedCall {
    info: CallInfo,
    statistics: Statistics,
    traces: Option<Traces>,
}

impl LoggedCall {
    fn answer(
        self,
        request: Result<Request>,
        config: &Result<ConfigFile>,
        environment: &Environment,
        deliver: impl FnOnce(&Response) -> io::Result<()>,
    ) -> io::Result<()> {
        let LoggedCall { info, statistics, traces } = self;
        let span = info.span();
        let (mut cloud, mut runtime) = (None, None);
        let outcome = panics::catch(|| {
            let work = run(request?, config, environment, &mut cloud).instrument(span.clone());
            runtime.insert(new_runtime()?).block_on(work)
        });

        span.in_scope(|| info.log_end(&outcome, &statistics));

        let is_known = outcome.is_ok();
        let failure = outcome.as_ref().err().map(ToString::to_string);
        let delivered = deliver(&info.response(outcome, &statistics));
        if let (Some(cloud), Some(runtime)) = (cloud, &runtime) {
            let end = end(cloud.as_ref(), is_known && delivered.is_ok()).instrument(span.clone());
            if let Err(error) = panics::catch(|| runtime.block_on(end)) {
                tracing::error!("{error}");
            }
        }
        if let (Some(traces), Some(runtime)) = (traces, &runtime) {
            if let Some(failure) = failure {
                span.record("otel.status_code", "ERROR");
                span.record("otel.status_description", failure);
            }
            drop(span);
            runtime.block_on(traces.send(&info.secrets));
        }
        delivered
    }
}

/// What is known of a request even if it cannot be done.
struct CallInfo {
    method: String,
    request_id: Option<String>,
    secrets: Secrets,
}

impl Default for CallInfo {
    fn default() -> Self {
        Self { method: "request".to_owned(), request_id: None, secrets: Secrets::default() }
    }
}

impl CallInfo {
    fn of(request: &Result<Request>, config: &Result<ConfigFile>) -> Self {
        let mut info = Self::default();
        if let Ok(config) = config {
            info.secrets.add(&config.raw);
        }
        if let Ok(request) = request {
            info.method.clone_from(&request.method);
            info.request_id = request.context.request_id().map(str::to_owned);
            request.arguments.iter().for_each(|argument| info.secrets.add(argument));
            info.secrets.add(&Value::Object(request.context.properties().clone()));
        }
        info
    }

    fn span(&self) -> Span {
        tracing::info_span!(
            "cpi",
            req_id = self.request_id,
            method = self.method,
            of = Empty,
            otel.status_code = Empty,
            otel.status_description = Empty,
        )
    }

    /// How it ended, in one line. A director's people look for a call by its request's id; who
    /// has none sees the same in the answer.
    fn log_end(&self, outcome: &Result<Value>, statistics: &Statistics) {
        if self.request_id.is_none() {
            return;
        }
        match outcome {
            // `info` comes before each call and does nothing.
            Ok(_) if self.method == "info" => {}
            Ok(result) => {
                let cid = result.get(0).unwrap_or(result).as_str();
                let cid = cid.map(|cid| format!(" → {cid}")).unwrap_or_default();
                tracing::info!("{}{cid}", statistics.line(&self.method));
            }
            // No warning, since those stand in the answer's log, and so does the error beside it.
            Err(error) => tracing::info!("{}: {error}", error.kind.as_str()),
        }
    }

    fn response(&self, outcome: Result<Value>, statistics: &Statistics) -> Response {
        let hidden =
            |error: CpiError| CpiError { message: self.secrets.hide(&error.message), ..error };
        // A director appends it to the task's log as it is.
        let log = self.secrets.hide(&statistics.line(&self.method)) + "\n";
        Response::new(outcome.map_err(hidden), log)
    }
}

fn level(request: &Result<Request>, config: &Result<ConfigFile>) -> LogLevel {
    match (request, config) {
        // An invalid level is an error once the other properties are read.
        (Ok(request), Ok(file)) => file.config.log_level(&request.context).unwrap_or_default(),
        _ => LogLevel::default(),
    }
}

fn new_runtime() -> Result<Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_start(|| {
            panics::watch_thread();
        })
        .build();
    runtime.map_err(|e| CpiError::cpi(format!("cannot start: {e}")))
}

/// Does what is asked; `cloud` is the provider that did it, which has to be told the end.
async fn run(
    request: Request,
    config: &Result<ConfigFile>,
    environment: &Environment,
    cloud: &mut Option<Box<dyn DynProvider>>,
) -> Result<Value> {
    // An unknown method is told as such even if the config is broken.
    let call = Call::decode(&request)?;
    // Which things it is about, for every line of its log.
    let cids = call.cids();
    if !cids.is_empty() {
        Span::current().record("of", cids.join(","));
    }
    let ConfigFile { config, notes, .. } = config.as_ref().map_err(CpiError::clone)?;
    notes.iter().for_each(|note| tracing::warn!("{note}"));
    if let Call::CreateVm(call) = &call {
        message_bus::require(config.agent(), &call.env)?;
    }
    let state_dir = StateDir::of(config, environment);
    let cloud = cloud.insert(plugins::provider(&request, config, state_dir)?);
    cloud.run(call, request.api_version).await
}

async fn end(cloud: &dyn DynProvider, result_is_known: bool) -> Result<()> {
    if result_is_known {
        cloud.answer_was_written().await;
        return Ok(());
    }
    cloud.answer_was_lost().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_last_fence_hides_secrets_of_request_and_config() {
        let request = Request::parse(
            json!({"method": "create_vm", "context": {"api_key": "s3cret-context"},
                   "arguments": [{"bosh": {"password": "s3cret-argument"}}]})
            .to_string()
            .as_bytes(),
        );
        let raw =
            json!({"cloud": {"plugin": "x", "properties": {"x": {"api_key": "s3cret-file"}}}});
        let config = ConfigFile::parse(raw.to_string().as_bytes());
        let info = CallInfo::of(&request, &config);
        let said = "refused: s3cret-context, s3cret-argument, s3cret-file";
        let response = info.response(Err(CpiError::cloud(said)), &Statistics::begin());
        assert!(!response.to_json().contains("s3cret"), "{}", response.to_json());
    }
}
