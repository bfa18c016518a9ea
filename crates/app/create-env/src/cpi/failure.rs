//! What can be wrong with a CPI's answer.

use cpi_driver::{AnswerError, Broken};
use std::io;
use std::path::PathBuf;

pub(crate) const NOT_IMPLEMENTED: &str = "Bosh::Clouds::NotImplemented";

/// What can be wrong with a CPI's answer.
#[derive(Debug, thiserror::Error)]
pub enum CpiFailure {
    /// The program cannot be started.
    #[error("the CPI cannot be started: {}: {error}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It answered with an error.
    #[error("CPI '{method}': {kind}: {message}")]
    Refused {
        /// The method.
        method: String,
        /// `Bosh::Clouds::…`
        kind: String,
        /// Its words.
        message: String,
        /// Whether another try may help.
        ok_to_retry: bool,
    },
    /// It ended without an answer.
    #[error("CPI '{method}': {broken}{stderr}")]
    Broken {
        /// The method.
        method: String,
        /// What it wrote.
        broken: Broken,
        /// The last lines that it wrote on standard error.
        stderr: String,
    },
    /// The result has another form than the method's.
    #[error("CPI '{method}': the result is invalid: {answer}")]
    Answer {
        /// The method.
        method: String,
        /// The result.
        answer: String,
    },
    /// It speaks an old version of the contract.
    #[error("the CPI speaks version {0} of the CPI API, and 2 is required: use a younger CPI")]
    TooOld(u64),
}

/// What a method has made is in the state, once its answer was recorded.
pub(crate) fn unrecorded(method: &str) -> CpiFailure {
    CpiFailure::Answer { method: method.to_owned(), answer: "nothing was recorded".to_owned() }
}

/// An answered error. Older CPIs say in other words that they do not know a method.
///
/// Source: bosh-cli `cloud/errors.go`.
pub(super) fn refused(method: &str, error: AnswerError) -> CpiFailure {
    let AnswerError { kind, message, ok_to_retry } = error;
    let unknown = (kind == "Bosh::Clouds::CloudError" && message.starts_with("Invalid Method:"))
        || (kind == "InvalidCall" && message.starts_with("Method is not known, got"));
    let kind = if unknown { NOT_IMPLEMENTED.to_owned() } else { kind };
    CpiFailure::Refused { method: method.to_owned(), kind, message, ok_to_retry }
}

/// The end of what a CPI wrote on standard error, each line on one of its own.
pub(super) fn last_lines(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(10)..].iter().map(|line| format!("\n  {line}")).collect()
}
