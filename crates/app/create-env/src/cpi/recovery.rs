//! What became of a change whose run died, or of one that has just been asked for.

use super::CpiFailure;
use super::failure::refused;
use crate::error::Error;
use crate::event::Steps;
use crate::state::book::Book;
use crate::state::{Change, NotACid};
use cpi_driver::{DurableCall, Outcome};
use serde_json::Value;

/// Finds out what became of the change that an earlier run was about to make when it died, and
/// records it. A CPI that still works on it is waited for.
pub(crate) fn recover(book: &mut Book<'_>, steps: Steps<'_>) -> Result<(), Error> {
    let call = DurableCall::at(book.call_folder());
    let failed = Error::file(call.folder());
    let outcome = call.recover().map_err(&failed)?;
    if let Some(change) = book.section.pending.clone() {
        let method = change.method();
        match outcome {
            Outcome::NotStarted => book.section.pending = None,
            Outcome::Answered(answer) => {
                let outcome = answer.outcome.map_err(|error| refused(method, error));
                steps.warn(format!(
                    "an earlier run ended during {method}: {}",
                    match &outcome {
                        Ok(_) => "what the CPI answered is recorded",
                        Err(_) => "the CPI had refused",
                    }
                ));
                if let Err(error) = settle(book, change, &outcome) {
                    steps.warn(error.to_string());
                }
            }
            Outcome::Unknown(_) => {
                steps.warn(format!(
                    "an earlier run ended during {method}, and so did its CPI, without an answer: \
                     look in the cloud for what is left of it ({})",
                    described(&change)
                ));
                book.section.pending = None;
                book.section.unknown.push(change);
            }
        }
        book.save()?;
    }
    call.forget().map_err(&failed)
}

/// Records what came of a change in memory; the change is pending no more. Says whether anything
/// was recorded.
pub(super) fn settle(
    book: &mut Book<'_>,
    change: Change,
    outcome: &Result<Value, CpiFailure>,
) -> Result<bool, NotACid> {
    book.section.pending = None;
    match outcome {
        Ok(answer) => change.record(answer, &mut book.state, &mut book.section).map(|()| true),
        Err(CpiFailure::Refused { kind, .. }) if change.gone() == Some(kind) => {
            change.record(&Value::Null, &mut book.state, &mut book.section).map(|()| true)
        }
        Err(CpiFailure::Broken { .. }) => {
            book.section.unknown.push(change);
            Ok(false)
        }
        Err(_) => Ok(false),
    }
}

/// By what a person finds it in the cloud.
fn described(change: &Change) -> String {
    match change {
        Change::CreateStemcell { name, version, .. } => format!("stemcell {name}/{version}"),
        Change::CreateVm { agent_id, .. } => format!("VM with agent {agent_id}"),
        Change::CreateDisk { size, .. } => format!("disk of {size}"),
        Change::DeleteStemcell { cid } => format!("stemcell {cid}"),
        Change::DeleteVm { cid } => format!("VM {cid}"),
        Change::DeleteDisk { cid } | Change::ResizeDisk { cid, .. } => format!("disk {cid}"),
    }
}
