//! One answer, as it is written to standard output.

use crate::{CpiError, ErrorKind};
use serde::Serialize;
use serde_json::Value;

/// The answer to one request. The director refuses one without all three keys, and one whose
/// `log` is not a string (`external_cpi.rb`, response schema).
#[derive(Debug, Serialize)]
pub struct Response {
    result: Value,
    error: Option<WireError>,
    log: String,
}

#[derive(Debug, Serialize)]
struct WireError {
    #[serde(rename = "type")]
    kind: ErrorKind,
    message: String,
    ok_to_retry: bool,
}

impl Response {
    /// The answer for a method's outcome; `log` is a line or two for the task's CPI log.
    pub fn new(outcome: Result<Value, CpiError>, log: impl Into<String>) -> Self {
        let log = log.into();
        match outcome {
            Ok(result) => Self { result, error: None, log },
            Err(CpiError { kind, message, ok_to_retry }) => Self {
                result: Value::Null,
                error: Some(WireError { kind, message, ok_to_retry }),
                log,
            },
        }
    }

    /// The result, or the error as a line for a person.
    pub fn outcome(&self) -> Result<&Value, String> {
        let Some(WireError { kind, message, ok_to_retry }) = &self.error else {
            return Ok(&self.result);
        };
        let again = if *ok_to_retry { " (worth another try)" } else { "" };
        Err(format!("{}: {message}{again}", kind.as_str()))
    }

    /// Whether the method failed.
    pub fn is_error(&self) -> bool {
        self.error.is_some()
    }

    /// The line for the task's log.
    pub fn log(&self) -> &str {
        &self.log
    }

    /// One line of JSON, without a line end.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a response holds only JSON values")
    }
}
