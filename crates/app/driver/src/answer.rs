//! What a CPI answers, judged as strictly as a director and the CLI together do.

use serde_json::Value;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

/// What came of one request.
#[derive(Debug)]
pub struct Reply {
    /// All of standard output.
    pub stdout: Vec<u8>,
    /// All of standard error.
    pub stderr: String,
    /// How the process ended.
    pub status: ExitStatus,
    /// From the start of the process to its end.
    pub took: Duration,
    /// Why the request could not be written to the end, which a director takes for a failure.
    pub unread: Option<io::Error>,
}

/// An answer that the contract knows: `result` or `error`.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The result, or the error.
    pub outcome: Result<Value, AnswerError>,
    /// The line for the task's log.
    pub log: String,
}

/// An answered error.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct AnswerError {
    /// `Bosh::Clouds::…`
    pub kind: String,
    /// The words.
    pub message: String,
    /// Whether the director may try again.
    pub ok_to_retry: bool,
}

/// What a director would not have accepted as an answer.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The request was not read to its end.
    #[error("the request was not read: {0}")]
    Unread(String),
    /// Standard output is not one JSON document.
    #[error("the answer is not JSON ({0}): {1:?}")]
    NotJson(String, String),
    /// A key is missing, or its value has the wrong type.
    #[error("the answer has no proper '{0}': {1}")]
    BadKey(&'static str, String),
    /// `bosh create-env` takes this for a failure, whatever was answered.
    #[error("the CPI answered, but ended with {0}")]
    BadExit(ExitStatus),
}

impl Reply {
    /// The answer, judged as strictly as director and CLI together do.
    pub fn answer(&self) -> Result<Answer, Broken> {
        if let Some(error) = &self.unread {
            return Err(Broken::Unread(error.to_string()));
        }
        let answer = Answer::read(&self.stdout)?;
        if !self.status.success() {
            return Err(Broken::BadExit(self.status));
        }
        Ok(answer)
    }
}

impl Answer {
    /// Reads the one JSON document that an answer is; all three keys are needed.
    ///
    /// # Errors
    /// `NotJson` and `BadKey`.
    pub fn read(stdout: &[u8]) -> Result<Self, Broken> {
        let answer = document(stdout)?;
        let bad = |key| Broken::BadKey(key, answer.to_string());
        let log = answer.get("log").and_then(Value::as_str).ok_or_else(|| bad("log"))?.to_owned();
        let outcome = match answer.get("error").ok_or_else(|| bad("error"))? {
            Value::Null => Ok(answer.get("result").ok_or_else(|| bad("result"))?.clone()),
            error => Err(read_error(error).ok_or_else(|| bad("error"))?),
        };
        Ok(Self { outcome, log })
    }

    /// The same as the CLI alone reads it: missing keys are null, and a log is optional.
    ///
    /// # Errors
    /// `NotJson`, and `BadKey` for an error of another form.
    pub fn read_leniently(stdout: &[u8]) -> Result<Self, Broken> {
        let answer = document(stdout)?;
        if !answer.is_object() {
            return Err(Broken::BadKey("result", answer.to_string()));
        }
        let log = answer["log"].as_str().unwrap_or_default().to_owned();
        let outcome = match &answer["error"] {
            Value::Null => Ok(answer["result"].clone()),
            error => {
                Err(read_error(error).ok_or_else(|| Broken::BadKey("error", answer.to_string()))?)
            }
        };
        Ok(Self { outcome, log })
    }
}

fn document(stdout: &[u8]) -> Result<Value, Broken> {
    serde_json::from_slice(stdout)
        .map_err(|e| Broken::NotJson(e.to_string(), String::from_utf8_lossy(stdout).into_owned()))
}

fn read_error(error: &Value) -> Option<AnswerError> {
    Some(AnswerError {
        kind: error.get("type")?.as_str()?.to_owned(),
        message: error.get("message")?.as_str()?.to_owned(),
        ok_to_retry: error.get("ok_to_retry")?.as_bool()?,
    })
}
