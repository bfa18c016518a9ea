//! The one way through: bytes of a request in, a response out, whatever happens.

use crate::log::{self, Account};
use crate::providers::Cloud;
use crate::redact::Secrets;
use crate::state_dir::StateDir;
use bosh_cpi::config::Config;
use bosh_cpi::{Call, CpiError, Request, Response, Result};
use serde_json::Value;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
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
    let request = Request::parse(bytes);
    let config = read_config(config_path);
    let secrets = secrets(&request, config.as_ref().ok());
    let level = match (&request, &config) {
        (Ok(request), Ok((config, _))) => config.log_level(&request.context).unwrap_or_default(),
        _ => Default::default(),
    };
    log::start(level, &account, secrets.clone());

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let method = request.as_ref().map_or("request".to_owned(), |request| request.method.clone());
    let span = request.as_ref().map(span).unwrap_or_else(|_| Span::none());
    let mut cloud = None;
    let outcome = unpanicked(|| {
        let work = run(request?, config, &mut cloud);
        runtime.block_on(work.instrument(span.clone()))
    });

    let is_known = outcome.is_ok();
    let delivered = deliver(&respond(outcome, &method, &account, &secrets));
    if let Some(cloud) = cloud {
        let end = end(&cloud, is_known && delivered.is_ok());
        if let Err(error) = unpanicked(|| runtime.block_on(end.instrument(span))) {
            tracing::error!("{error}");
        }
    }
    delivered
}

fn span(request: &Request) -> Span {
    let req_id = request.context.request_id();
    tracing::info_span!("cpi", req_id, method = request.method)
}

/// Does what is asked; `cloud` is the provider that did it, which has to be told the end.
async fn run(
    request: Request,
    config: Result<(Config, Value)>,
    cloud: &mut Option<Cloud>,
) -> Result<Value> {
    // An unknown method is told as such even if the config is broken.
    let call = Call::decode(&request)?;
    let (config, _) = config?;
    let state_dir = StateDir::of(&config);
    let cloud = cloud.insert(Cloud::configured(&request, &config, state_dir)?);
    let outcome = cloud.run(call, request.api_version).await;
    if let Err(error) = &outcome {
        // The answer tells it already, to the same log.
        tracing::debug!("{}: {error}", error.kind.as_str());
    }
    outcome
}

async fn end(cloud: &Cloud, result_is_known: bool) -> Result<()> {
    if result_is_known {
        cloud.answer_was_written().await;
        return Ok(());
    }
    cloud.answer_was_lost().await
}

fn respond(outcome: Result<Value>, method: &str, account: &Account, secrets: &Secrets) -> Response {
    let outcome =
        outcome.map_err(|error| CpiError { message: secrets.hide(&error.message), ..error });
    Response::new(outcome, secrets.hide(&account.line(method)))
}

/// The config and its raw form, in which secrets are looked for.
pub fn read_config(path: Option<&Path>) -> Result<(Config, Value)> {
    let path = path.ok_or_else(|| CpiError::cpi("no config: start the CPI with --config FILE"))?;
    let bytes = std::fs::read(path)
        .map_err(|e| CpiError::cpi(format!("cannot read the config {}: {e}", path.display())))?;
    let config = Config::parse(&bytes).map_err(|e| e.while_doing(path.display()))?;
    Ok((config, serde_json::from_slice(&bytes).unwrap_or_default()))
}

fn secrets(request: &Result<Request>, config: Option<&(Config, Value)>) -> Secrets {
    let mut secrets = Secrets::default();
    if let Some((_, raw)) = config {
        secrets.add(raw);
    }
    if let Ok(request) = request {
        request.arguments.iter().for_each(|argument| secrets.add(argument));
        secrets.add(&Value::Object(request.context.properties().clone()));
    }
    secrets
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
        let secrets = secrets(&request, Some(&(config, raw)));
        let said = "refused: s3cret-context, s3cret-argument, s3cret-file";
        let response = respond(Err(CpiError::cloud(said)), "m", &Account::begin(), &secrets);
        assert!(!response.to_json().contains("s3cret"), "{}", response.to_json());
    }
}
