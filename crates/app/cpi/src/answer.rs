//! The one way through: bytes of a request in, a response out, whatever happens.

use crate::log::{self, Account};
use crate::providers;
use crate::redact::Secrets;
use crate::state_dir::StateDir;
use crate::traces::Traces;
use bosh_cpi::config::{Config, LogLevel};
use bosh_cpi::{Call, CpiError, Request, Response, Result};
use cpi_kit::DynProvider;
use serde_json::Value;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Runtime;
use tracing::field::Empty;
use tracing::{Instrument, Span};

/// Answers the request in `bytes` by the config at `config_path`, and lets `deliver` write the
/// response. What was made is undone if that fails, as nobody would know of it.
///
/// To be called once in a process, since it sets up the log.
pub fn answer(
    bytes: &[u8],
    config_path: Option<&Path>,
    deliver: impl FnOnce(&Response) -> io::Result<()>,
) -> io::Result<()> {
    let account = Account::begin();
    let mut cloud = None;
    let mut asked = CallInfo::default();
    let (mut runtime, mut traces, mut span) = (None, None, Span::none());
    let outcome = unpanicked(|| {
        let request = Request::parse(bytes);
        let config = read_config(config_path);
        asked.note(&request, &config);
        // `info` asks nothing of a cloud, and comes before every call.
        let traced = config.as_ref().ok().filter(|_| asked.method != "info");
        traces = traced.and_then(|(it, _)| Traces::configured(&it.common().traces));
        let level = level(&request, &config);
        log::start(level, &account, asked.secrets.clone(), traces.as_ref());
        span = asked.span();
        let work = run(request?, config, &mut cloud).instrument(span.clone());
        runtime.insert(new_runtime()?).block_on(work)
    });

    span.in_scope(|| asked.tell(&outcome, &account));

    let is_known = outcome.is_ok();
    let failure = outcome.as_ref().err().map(ToString::to_string);
    let delivered = deliver(&asked.respond(outcome, &account));
    if let (Some(cloud), Some(runtime)) = (cloud, &runtime) {
        let end = end(cloud.as_ref(), is_known && delivered.is_ok()).instrument(span.clone());
        if let Err(error) = unpanicked(|| runtime.block_on(end)) {
            tracing::error!("{error}");
        }
    }
    if let (Some(traces), Some(runtime)) = (traces, &runtime) {
        if let Some(failure) = failure {
            span.record("otel.status_code", "ERROR");
            span.record("otel.status_description", failure);
        }
        drop(span);
        runtime.block_on(traces.send(&asked.secrets));
    }
    delivered
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
    fn note(&mut self, request: &Result<Request>, config: &Result<(Config, Value)>) {
        if let Ok((_, raw)) = config {
            self.secrets.add(raw);
        }
        if let Ok(request) = request {
            self.method.clone_from(&request.method);
            self.request_id = request.context.request_id().map(str::to_owned);
            request.arguments.iter().for_each(|argument| self.secrets.add(argument));
            self.secrets.add(&Value::Object(request.context.properties().clone()));
        }
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
    fn tell(&self, outcome: &Result<Value>, account: &Account) {
        if self.request_id.is_none() {
            return;
        }
        match outcome {
            // `info` comes before each call and does nothing.
            Ok(_) if self.method == "info" => {}
            Ok(result) => {
                let cid = result.get(0).unwrap_or(result).as_str();
                let cid = cid.map(|cid| format!(" → {cid}")).unwrap_or_default();
                tracing::info!("{}{cid}", account.line(&self.method));
            }
            // No warning, since those stand in the answer's log, and so does the error beside it.
            Err(error) => tracing::info!("{}: {error}", error.kind.as_str()),
        }
    }

    fn respond(&self, outcome: Result<Value>, account: &Account) -> Response {
        let hidden =
            |error: CpiError| CpiError { message: self.secrets.hide(&error.message), ..error };
        let log = self.secrets.hide(&account.line(&self.method));
        Response::new(outcome.map_err(hidden), log)
    }
}

fn level(request: &Result<Request>, config: &Result<(Config, Value)>) -> LogLevel {
    match (request, config) {
        // A level that is none is told when the other properties are read.
        (Ok(request), Ok((config, _))) => config.log_level(&request.context).unwrap_or_default(),
        _ => LogLevel::default(),
    }
}

fn new_runtime() -> Result<Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|e| CpiError::cpi(format!("cannot start: {e}")))
}

/// Does what is asked; `cloud` is the provider that did it, which has to be told the end.
async fn run(
    request: Request,
    config: Result<(Config, Value)>,
    cloud: &mut Option<Box<dyn DynProvider>>,
) -> Result<Value> {
    // An unknown method is told as such even if the config is broken.
    let call = Call::decode(&request)?;
    // Which things it is about, for every line of its log.
    let cids = call.cids();
    if !cids.is_empty() {
        Span::current().record("of", cids.join(","));
    }
    let (config, _) = config?;
    let state_dir = StateDir::of(&config);
    let cloud = cloud.insert(providers::configured(&request, &config, state_dir)?);
    cloud.run(call, request.api_version).await
}

async fn end(cloud: &dyn DynProvider, result_is_known: bool) -> Result<()> {
    if result_is_known {
        cloud.answer_was_written().await;
        return Ok(());
    }
    cloud.answer_was_lost().await
}

/// The config and its raw form, in which secrets are looked for.
pub fn read_config(path: Option<&Path>) -> Result<(Config, Value)> {
    let path = path.ok_or_else(|| CpiError::cpi("no config: start the CPI with --config FILE"))?;
    let bytes = std::fs::read(path)
        .map_err(|e| CpiError::cpi(format!("cannot read the config {}: {e}", path.display())))?;
    let config = Config::parse(&bytes).map_err(|e| e.while_doing(path.display()))?;
    Ok((config, serde_json::from_slice(&bytes).unwrap_or_default()))
}

/// Makes an error of a panic. Its place is told, its words are not: they may hold anything.
fn unpanicked<T>(act: impl FnOnce() -> Result<T>) -> Result<T> {
    let place = Arc::new(Mutex::new("an unknown place".to_owned()));
    let seen = Arc::clone(&place);
    panic::set_hook(Box::new(move |panic| {
        if let Some(at) = panic.location() {
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = at.to_string();
        }
    }));
    let outcome = panic::catch_unwind(AssertUnwindSafe(act));
    let _ = panic::take_hook();
    outcome.unwrap_or_else(|_| {
        let place = place.lock().unwrap_or_else(PoisonError::into_inner);
        tracing::error!("panic at {place}");
        Err(CpiError::cpi(format!("the CPI failed at {place}: please report this as a bug")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_panic_becomes_an_answer_that_tells_the_place_only() {
        let outcome: Result<Value> = unpanicked(|| panic!("s3cret-of-a-panic"));
        let error = outcome.unwrap_err();
        assert_eq!(error.kind, bosh_cpi::ErrorKind::CpiError);
        assert!(error.message.contains("answer.rs:"), "{error}");
        assert!(!error.message.contains("s3cret"), "{error}");
    }

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
        let config = Config::parse(raw.to_string().as_bytes()).unwrap();
        let mut asked = CallInfo::default();
        asked.note(&request, &Ok((config, raw)));
        let said = "refused: s3cret-context, s3cret-argument, s3cret-file";
        let response = asked.respond(Err(CpiError::cloud(said)), &Account::begin());
        assert!(!response.to_json().contains("s3cret"), "{}", response.to_json());
    }
}
