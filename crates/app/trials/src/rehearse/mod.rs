//! The rehearsal: what `bosh create-env` does with a manifest, without a release and without the
//! CLI: a first create, a recreate with a bigger disk, and delete-env, against a CPI and the
//! agent in the VM.
//!
//! Source: bosh-cli `cmd/deployment_preparer.go`, `deployment/vm`, `deployment/disk`.

mod bus;
mod embedded;
mod manifest;
mod mbus;
mod play;
mod stage;
mod variables;

pub use embedded::Embedded;
pub use manifest::{Manifest, ManifestError};
pub use stage::{Phase, Step, To};
pub use variables::Variables;

use crate::Subject;
use crate::demo::Thing;
use anyhow::Result;
use serde::Serialize;
use serde_json::json;
use stage::Stage;
use std::io::Write;

/// What happened.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Each call and each message.
    pub steps: Vec<Step>,
    /// What is in the cloud and was not there before; None where only the CPI can be asked.
    pub left: Option<Vec<Thing>>,
    /// Why it broke off.
    pub failure: Option<String>,
}

impl Report {
    /// Whether all went well and nothing is left.
    pub fn good(&self) -> bool {
        self.failure.is_none() && self.left.as_ref().is_none_or(Vec::is_empty)
    }

    /// The report as JSON.
    pub fn to_json(&self) -> String {
        json!({"good": self.good(), "report": self}).to_string()
    }
}

/// Rehearses with the CPI `subject`, on an embedded cloud or on the manifest's own, and tells
/// each step on `out` if there is one.
pub fn run<'a>(
    subject: &Subject,
    manifest: &Manifest,
    embedded: Option<&'a Embedded>,
    out: Option<&'a mut dyn Write>,
) -> Result<Report> {
    let mut stage = Stage::set(subject, manifest, embedded, out)?;
    let played = play::play(&mut stage, manifest);
    if played.is_err() {
        stage.clean_up();
    }
    let failure = played.err().map(|failure| format!("{failure:#}"));
    Ok(Report { steps: stage.steps(), left: embedded.map(Embedded::left), failure })
}
