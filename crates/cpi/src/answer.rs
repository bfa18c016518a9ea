//! The one way through: bytes of a request in, a response out, whatever happens.

use crate::log::{self, Account};
use crate::providers;
use crate::redact::Secrets;
use crate::state_dir::StateDir;
use bosh_cpi::config::Config;
use bosh_cpi::{Call, CpiError, Request, Response, Result};
use serde_json::Value;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tracing::Instrument;

/// Answers the request in `bytes` by the config at `config_path`. To be called once in a
/// process, since it sets up the log and the panic hook.
pub fn answer(bytes: &[u8], config_path: Option<&Path>) -> Response {
    let account = Account::begin();
    let request = Request::parse(bytes);
    let config = read_config(config_path);
    let secrets = secrets(&request, config.as_ref().ok());
    let level = match (&request, &config) {
        (Ok(request), Ok((config, _))) => config.log_level(&request.context).unwrap_or_default(),
        _ => Default::default(),
    };
    log::start(level, &account, secrets.clone());

    let method = request.as_ref().map_or("request".to_owned(), |request| request.method.clone());
    let outcome = unpanicked(|| {
        let request = request?;
        let span = tracing::info_span!(
            "cpi",
            req_id = request.context.request_id(),
            method = request.method
        );
        // An unknown method is told as such even if the config is broken.
        let call = Call::decode(&request)?;
        let (config, _) = config?;
        block_on(run(call, &request, &config).instrument(span))
    });
    respond(outcome, &method, &account, &secrets)
}

async fn run(call: Call, request: &Request, config: &Config) -> Result<Value> {
    let state_dir = StateDir {
        configured: config.state_dir().map(PathBuf::from),
        plugin: config.plugin().to_owned(),
        home: std::env::var_os("HOME").map(PathBuf::from),
    };
    let outcome = providers::run(call, request, config, state_dir).await;
    match &outcome {
        Ok(_) => tracing::info!("done"),
        Err(error) => tracing::error!("{}: {error}", error.kind.as_str()),
    }
    outcome
}

fn respond(outcome: Result<Value>, method: &str, account: &Account, secrets: &Secrets) -> Response {
    let outcome =
        outcome.map_err(|error| CpiError { message: secrets.hide(&error.message), ..error });
    Response::new(outcome, secrets.hide(&account.line(method)))
}

/// The config and its raw form, in which secrets are looked for.
fn read_config(path: Option<&Path>) -> Result<(Config, Value)> {
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

fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| CpiError::cpi(format!("cannot start: {e}")))?
        .block_on(future)
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
