//! Where a rehearsal is played: calls to the CPI as the CLI makes them, messages to the agent,
//! each a step that is timed and told.

use super::bus::Bus;
use super::{Embedded, Manifest};
use crate::{Driver, Subject};
use anyhow::{Context, Result, anyhow};
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::time::Instant;
use tempfile::TempDir;

/// A part of the rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// `create-env` where there is nothing.
    Create,
    /// `create-env` with a bigger disk.
    Recreate,
    /// `delete-env`.
    Delete,
    /// What is removed when it broke off.
    CleanUp,
}

impl Phase {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Create => "create-env",
            Self::Recreate => "create-env again, with a bigger disk",
            Self::Delete => "delete-env",
            Self::CleanUp => "cleaning up",
        }
    }
}

/// Whom a step is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum To {
    /// A call of the CPI.
    Cpi,
    /// A message to the agent.
    Agent,
    /// Something that is looked at.
    Check,
}

/// A step.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The part of the rehearsal.
    pub phase: Phase,
    /// Whom it is about.
    pub to: To,
    /// The method, or what is looked at.
    pub name: String,
    /// Seconds that it took.
    pub took: f64,
    /// Seconds of the `info` before it.
    pub info_took: Option<f64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Plays steps.
pub struct Stage<'a> {
    driver: Driver,
    bus: Bus<'a>,
    embedded: Option<&'a Embedded>,
    out: Option<&'a mut dyn Write>,
    phase: Phase,
    steps: Vec<Step>,
    /// What was made and not removed: the method that removes it, and the CID.
    made: Vec<(&'static str, String)>,
    /// Holds the config.
    folder: TempDir,
}

impl<'a> Stage<'a> {
    /// Writes the CPI's config, and has played nothing.
    pub fn set(
        subject: &Subject,
        manifest: &Manifest,
        embedded: Option<&'a Embedded>,
        out: Option<&'a mut dyn Write>,
    ) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("cpi-rehearse-").tempdir()?;
        let state = folder.path().join("state");
        std::fs::DirBuilder::new().mode(0o700).create(&state)?;
        let config = manifest.config(&state.display().to_string())?;
        let path = folder.path().join("cpi.json");
        let mut file =
            std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path)?;
        file.write_all(config.to_string().as_bytes())?;
        let mut driver = subject.driver(&path, folder.path());
        // Source: bosh-cli `cloud/cloud.go`: its context, on every call.
        driver.context = serde_json::Map::from_iter([
            ("director_uuid".to_owned(), json!(uuid::Uuid::new_v4())),
            ("vm".to_owned(), json!({"stemcell": {"api_version": 3}})),
        ]);
        driver.api_version = 2;
        let bus = Bus::new(&manifest.mbus, manifest.ca.as_deref(), embedded)?;
        let (steps, made, phase) = (Vec::new(), Vec::new(), Phase::Create);
        Ok(Self { driver, bus, embedded, out, phase, steps, made, folder })
    }

    /// A file without content, for stemcells without an image.
    pub fn empty_image(&self) -> Result<String> {
        let path = self.folder.path().join("image");
        std::fs::write(&path, [])?;
        Ok(path.display().to_string())
    }

    /// The next part begins.
    pub fn begin(&mut self, phase: Phase) -> Result<()> {
        self.phase = phase;
        self.say(phase.title())
    }

    /// Calls the CPI, after `info` as the CLI does.
    pub fn call(&mut self, method: &str, arguments: Value) -> Result<Value> {
        let begun = Instant::now();
        self.ask_cpi("info", json!([]), 1)?;
        let info = begun.elapsed().as_secs_f64();
        self.step(To::Cpi, method, Some(info), |stage| {
            stage.ask_cpi(method, arguments, stage.driver.api_version)
        })
    }

    /// Calls `info` alone, as the CLI's first call.
    pub fn info(&mut self) -> Result<Value> {
        self.step(To::Cpi, "info", None, |stage| stage.ask_cpi("info", json!([]), 1))
    }

    /// Calls what makes something, which is removed should the rehearsal break off. Its CID.
    pub fn makes(&mut self, method: &str, arguments: Value) -> Result<String> {
        let result = self.call(method, arguments)?;
        let removed_by = match method {
            "create_vm" => "delete_vm",
            "create_disk" => "delete_disk",
            _ => "delete_stemcell",
        };
        let cid = result.get(0).unwrap_or(&result).as_str().filter(|cid| !cid.is_empty());
        let cid = cid.with_context(|| format!("{method}: no CID was answered, but {result}"))?;
        self.made.push((removed_by, cid.to_owned()));
        if method == "create_vm" {
            self.bus.turn_to(cid);
        }
        Ok(cid.to_owned())
    }

    /// Calls what removes something.
    pub fn removes(&mut self, method: &str, cid: &str) -> Result<()> {
        self.call(method, json!([cid]))?;
        self.made.retain(|(_, made)| made != cid);
        Ok(())
    }

    /// Sends the agent a message.
    pub fn tell(&mut self, method: &str, arguments: Value) -> Result<Value> {
        self.step(To::Agent, method, None, |stage| stage.bus.tell(method, arguments))
    }

    /// Waits for the agent.
    pub fn ping(&mut self) -> Result<Value> {
        self.step(To::Agent, "ping", None, |stage| stage.bus.ping())
    }

    /// Gives the agent a blob.
    pub fn keep_blob(&mut self, id: &str, bytes: &[u8]) -> Result<()> {
        self.step(To::Agent, "blobs", None, |stage| {
            stage.bus.keep_blob(id, bytes).map(|()| Value::Null)
        })?;
        Ok(())
    }

    /// Looks whether what agents wrote on a disk is this; only the embedded cloud can tell.
    pub fn check_written(&mut self, volume: &str, wanted: &[&str]) -> Result<()> {
        let Some(embedded) = self.embedded else { return Ok(()) };
        let written = embedded.written_on(volume);
        self.step(To::Check, "the disk's content", None, |_| match written {
            Some(lines) if lines == wanted => Ok(Value::Null),
            lines => Err(anyhow!("disk {volume} holds {lines:?}, not {wanted:?}")),
        })?;
        Ok(())
    }

    /// Removes what is left of a rehearsal that broke off, as well as it goes.
    pub fn clean_up(&mut self) {
        self.phase = Phase::CleanUp;
        while let Some((method, cid)) = self.made.pop() {
            // It is among the steps, with its error.
            drop(self.call(method, json!([cid])));
        }
    }

    /// What was played. Tells it once more, in a table.
    pub fn steps(mut self) -> Vec<Step> {
        let table = table(&self.steps);
        // Nobody who reads: nothing to tell.
        drop(self.say(&table));
        self.steps
    }

    fn ask_cpi(&self, method: &str, arguments: Value, api_version: u8) -> Result<Value> {
        let mut request = self.driver.request(method, arguments);
        // The CLI has one on `info` too, where a director has none.
        request["api_version"] = json!(api_version);
        let answer = self.driver.send(request.to_string().as_bytes())?.answer()?;
        answer.outcome.with_context(|| method.to_owned())
    }

    fn step(
        &mut self,
        to: To,
        name: &str,
        info_took: Option<f64>,
        act: impl FnOnce(&Self) -> Result<Value>,
    ) -> Result<Value> {
        let begun = Instant::now();
        let outcome = act(self);
        let step = Step {
            phase: self.phase,
            to,
            name: name.to_owned(),
            took: begun.elapsed().as_secs_f64(),
            info_took,
            error: outcome.as_ref().err().map(|error| format!("{error:#}")),
        };
        self.say(&line(self.steps.len() + 1, &step))?;
        self.steps.push(step);
        outcome
    }

    fn say(&mut self, text: &str) -> Result<()> {
        if let Some(out) = &mut self.out {
            writeln!(out, "{text}")?;
        }
        Ok(())
    }
}

fn line(number: usize, step: &Step) -> String {
    let to = match step.to {
        To::Cpi => "cpi",
        To::Agent => "agent",
        To::Check => "check",
    };
    let info = step.info_took.map(|took| format!("  (info {took:.3} s)")).unwrap_or_default();
    let line = format!("{number:>4}  {to:<6} {:<24} {:>8.3} s{info}", step.name, step.took);
    match &step.error {
        None => line,
        Some(error) => format!("{line}\n      ✗ {error}"),
    }
}

/// How much of each part was whose.
fn table(steps: &[Step]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header(["part", "CPI calls", "seconds", "of info", "messages", "seconds"]);
    for phase in [Phase::Create, Phase::Recreate, Phase::Delete, Phase::CleanUp] {
        let of = |to| steps.iter().filter(move |step| step.phase == phase && step.to == to);
        let took = |to| of(to).map(|step| step.took).sum::<f64>();
        let (calls, messages) = (of(To::Cpi).count(), of(To::Agent).count());
        if calls + messages == 0 {
            continue;
        }
        let info: f64 = of(To::Cpi).filter_map(|step| step.info_took).sum();
        table.add_row([
            phase.title().to_owned(),
            calls.to_string(),
            format!("{:.3}", took(To::Cpi)),
            format!("{info:.3}"),
            messages.to_string(),
            format!("{:.3}", took(To::Agent)),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
