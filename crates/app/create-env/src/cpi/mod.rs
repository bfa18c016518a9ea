//! The CPI, as create-env asks it: `info` once, changes written down before they are asked for,
//! and tried again where the CPI says that this may help.

mod config;
mod failure;
mod recovery;

pub(crate) use config::{config, proxies};
pub use failure::CpiFailure;
pub(crate) use failure::unrecorded;
pub(crate) use recovery::recover;

use crate::error::Error;
use crate::event::{Event, Party, Steps};
use crate::state::Change;
use crate::state::book::Book;
use cpi_driver::{Driver, DurableCall};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How often a call is tried that the CPI says may be tried again, and how long between.
const TRIES: usize = 4;
const PAUSE: Duration = Duration::from_secs(1);
/// The youngest version of the contract that create-env speaks.
const API_VERSION: u64 = 2;

/// A CPI that has said what it is.
pub(crate) struct Cpi<'a> {
    driver: Driver,
    call: DurableCall,
    steps: Steps<'a>,
    /// The version of the contract that both sides speak.
    pub api_version: u64,
}

/// Whether something was there to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deleted {
    Now,
    GoneBefore,
}

impl<'a> Cpi<'a> {
    /// Asks `info`. The stemcell's version is passed on in every call's context.
    pub fn ask(
        mut driver: Driver,
        book: &Book<'_>,
        stemcell_api_version: Option<u32>,
        steps: Steps<'a>,
    ) -> Result<Self, Error> {
        driver.context = context(&book.state.director_id, stemcell_api_version);
        let call = DurableCall::at(book.call_folder());
        let mut cpi = Self { driver, call, steps, api_version: 1 };
        let info = match cpi.call("info", json!([])) {
            Ok(info) => info,
            // Older CPIs do not know the method.
            Err(CpiFailure::Refused { kind, .. }) if kind == failure::NOT_IMPLEMENTED => {
                return Ok(cpi);
            }
            Err(failure) => return Err(failure.into()),
        };
        let invalid = || CpiFailure::Answer { method: "info".to_owned(), answer: info.to_string() };
        let formats = info["stemcell_formats"].as_array().ok_or_else(invalid)?;
        if !formats.iter().all(Value::is_string) {
            return Err(invalid().into());
        }
        cpi.api_version = match &info["api_version"] {
            Value::Null => 1,
            version => version.as_u64().ok_or_else(invalid)?.min(API_VERSION),
        };
        Ok(cpi)
    }

    /// Refuses a CPI that is too old.
    pub fn require_version(&self) -> Result<(), CpiFailure> {
        if self.api_version < API_VERSION {
            return Err(CpiFailure::TooOld(self.api_version));
        }
        Ok(())
    }

    /// Calls a method that may be called again if its answer is lost.
    pub fn call(&self, method: &str, arguments: Value) -> Result<Value, CpiFailure> {
        let outcome = self.attempt(method, arguments);
        // Requests hold secrets; the next call removes what cannot be removed now.
        let _ = self.call.forget();
        outcome
    }

    /// The same; the answer stays on disk.
    fn attempt(&self, method: &str, arguments: Value) -> Result<Value, CpiFailure> {
        let mut request = self.driver.request(method, arguments);
        request["api_version"] = json!(if method == "info" { 1 } else { self.api_version });
        let request = request.to_string();
        let mut tries = 0;
        loop {
            let outcome = self.once(method, request.as_bytes());
            tries += 1;
            match outcome {
                Err(CpiFailure::Refused { ok_to_retry: true, ref message, .. })
                    if tries < TRIES && !(self.steps.stopped)() =>
                {
                    self.steps.warn(format!("CPI '{method}' is tried again: {message}"));
                    std::thread::sleep(PAUSE);
                }
                outcome => return outcome,
            }
        }
    }

    fn once(&self, method: &str, request: &[u8]) -> Result<Value, CpiFailure> {
        let tell = |event| self.steps.reporter.tell(event);
        tell(Event::Asked(Party::Cpi, method));
        let outcome = self.answer(method, request);
        let why = outcome.as_ref().err().map(ToString::to_string);
        tell(Event::Answered(Party::Cpi, method, why.as_deref().map_or(Ok(()), Err)));
        outcome
    }

    fn answer(&self, method: &str, request: &[u8]) -> Result<Value, CpiFailure> {
        let ended = self.call.run(&self.driver, request).map_err(|error| CpiFailure::Start {
            program: self.driver.program().to_owned(),
            error,
        })?;
        tracing::debug!(method, stderr = ended.stderr, "CPI");
        let answer = ended.answer().map_err(|broken| CpiFailure::Broken {
            method: method.to_owned(),
            broken,
            stderr: failure::last_lines(&ended.stderr),
        })?;
        answer.outcome.map_err(|error| failure::refused(method, error))
    }

    /// Calls a method that makes, changes or deletes something: written down before, recorded
    /// after. Says whether there was something to delete.
    pub fn change(
        &self,
        book: &mut Book<'_>,
        change: Change,
        arguments: Value,
    ) -> Result<Deleted, Error> {
        let method = change.method();
        // An answer that is there must never be taken for that of this change.
        self.call.forget().map_err(Error::file(self.call.folder()))?;
        book.intend(change.clone())?;
        let outcome = self.attempt(method, arguments);
        let settled = recovery::settle(book, change, &outcome);
        book.save()?;
        self.call.forget().map_err(Error::file(self.call.folder()))?;
        match (settled, outcome) {
            (Err(error), _) => {
                let (method, answer) = (error.method.to_owned(), error.answer);
                Err(CpiFailure::Answer { method, answer }.into())
            }
            (Ok(true), Ok(_)) => Ok(Deleted::Now),
            (Ok(true), Err(_)) => Ok(Deleted::GoneBefore),
            (Ok(false), outcome) => match outcome {
                Err(failure) => Err(failure.into()),
                Ok(_) => Ok(Deleted::Now),
            },
        }
    }

    /// Calls a method that sets metadata; a CPI that has none of it is fine.
    pub fn set_metadata(&self, method: &str, arguments: Value) -> Result<(), CpiFailure> {
        match self.call(method, arguments) {
            Err(CpiFailure::Refused { kind, .. }) if kind == failure::NOT_IMPLEMENTED => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// Whether a VM is there.
    pub fn has_vm(&self, vm: &str) -> Result<bool, CpiFailure> {
        let answer = self.call("has_vm", json!([vm]))?;
        let method = || "has_vm".to_owned();
        answer
            .as_bool()
            .ok_or_else(|| CpiFailure::Answer { method: method(), answer: answer.to_string() })
    }
}

fn context(director: &str, stemcell_api_version: Option<u32>) -> Map<String, Value> {
    let stemcell = match stemcell_api_version {
        Some(version) => json!({"api_version": version}),
        None => json!({}),
    };
    let context = json!({"director_uuid": director, "vm": {"stemcell": stemcell}});
    context.as_object().cloned().unwrap_or_default()
}
