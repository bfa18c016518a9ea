//! What our operations make or change, and how any process makes sure that nothing is left.

use crate::SoftLayer;
use crate::errors::Failure;
use bosh_cpi::{CpiError, Result};
use cloud_http::Outcome;
use ledger::{Undo, Was};
use serde::{Deserialize, Serialize};
use std::fmt::Display;

/// What a step makes or changes, so named that a process that knows nothing else can undo it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Target {
    /// A change after which nothing is left over, whether it took effect or not: undone by
    /// nothing.
    Change {
        /// What changes: `reboot`, `detach`, `resize`, `delete`, `tags` …
        what: String,
        /// The id of what is changed.
        of: String,
    },
}

impl Target {
    /// A change that needs no undo.
    pub(crate) fn change(what: &str, of: impl Display) -> Self {
        Self::Change { what: what.to_owned(), of: of.to_string() }
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Change { what, of } => write!(f, "{what} of {of}"),
        }
    }
}

impl ledger::Target for Target {}

impl Undo for SoftLayer {
    type Target = Target;
    type Error = CpiError;

    async fn ensure_absent(&self, target: &Target) -> Result<Was> {
        match target {
            Target::Change { .. } => Ok(Was::There),
        }
    }
}

/// What came of a call, for a step. What a refusal leaves is known; only where the answer was
/// lost, or stands for anything, the truth is looked up.
pub(crate) fn ended<T>(result: std::result::Result<T, Failure>) -> Outcome<T, Failure> {
    match result {
        Ok(answer) => Outcome::Applied(answer),
        Err(failure @ (Failure::Ledger(_) | Failure::Ready(_))) => Outcome::NotApplied(failure),
        Err(Failure::Cloud(error)) => error.outcome().map_err(Failure::Cloud),
    }
}

/// For deletions: what is gone already is as it should be.
pub(crate) fn gone_is_fine(
    result: std::result::Result<(), Failure>,
) -> std::result::Result<(), Failure> {
    match result {
        Err(failure) if failure.is_gone() => Ok(()),
        other => other,
    }
}
