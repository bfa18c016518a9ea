//! One cell: a method, one of its API calls, a way to fail; and what is left afterwards.

use super::fault::{ANYWHERE, HANG, LATE, Way};
use super::inventory::Inventory;
use super::report::Finding;
use super::scenario::Scenario;
use super::stage::Stage;
use crate::Subject;
use crate::cloud::Plugin;
use crate::driver::Answer;
use crate::subject::HORIZON;
use anyhow::{Result, bail};
use cloud_http::Effect;
use serde_json::Value;
use simulator_kit::CallRecord;
use simulator_kit::fault::When;
use std::collections::BTreeMap;
use std::time::Duration;

/// Longer than any wait that a cell is meant to have.
const PATIENT: u64 = 30;

/// Shorter than a call that hangs.
const HASTY: u64 = 2;

/// A cell of the matrix.
pub struct Cell {
    /// On which cloud.
    pub plugin: Plugin,
    /// The method under trial.
    pub scenario: &'static Scenario,
    /// The API call that fails.
    pub command: String,
    /// Which of them, counted from 1.
    pub occurrence: u32,
    /// How it fails.
    pub way: Way,
    /// Before or after it took effect.
    pub when: When,
}

/// What the method asked of the cloud in a clean run: each command, and how often.
pub struct CleanRun(Vec<Called>);

/// An API call of a clean run.
pub struct Called {
    /// Its command.
    pub command: String,
    /// Which of them, counted from 1.
    pub occurrence: u32,
    /// What it does to the cloud.
    pub effect: Effect,
    /// Whether it starts something that goes on after its answer.
    pub job: bool,
}

impl Called {
    /// Whether it only asks how far a job is.
    pub fn is_poll(&self) -> bool {
        self.command == "queryAsyncJobResult"
    }
}

impl CleanRun {
    /// The calls, in the order in which they were made.
    pub fn calls(&self) -> impl Iterator<Item = &Called> {
        self.0.iter()
    }
}

/// Runs a method without any fault.
pub fn clean_run(plugin: Plugin, subject: &Subject, scenario: &Scenario) -> Result<CleanRun> {
    let stage = Stage::set(plugin, subject, PATIENT)?;
    let arguments = (scenario.prepare)(&stage)?;
    let before = stage.inventory();
    stage.cloud.clear_calls();
    let result = stage.try_method(scenario.method, &arguments)?;
    let mut counts = BTreeMap::<String, u32>::new();
    let mut calls = Vec::new();
    let mut seen: Vec<CallRecord> = stage.cloud.calls();
    // How often something is asked for until it is so, nobody knows.
    seen.dedup_by(|next, call| (&next.command, &next.params) == (&call.command, &call.params));
    for call in seen {
        let count = counts.entry(call.command.clone()).or_default();
        *count += 1;
        let (effect, job) = stage.cloud.effect(&call.command);
        calls.push(Called { command: call.command, occurrence: *count, effect, job });
    }
    let after = stage.inventory();
    let wanted = (scenario.done)(&before, &arguments, &result);
    if after != wanted {
        bail!("left {after:?} instead of {wanted:?}");
    }
    Ok(CleanRun(calls))
}

/// The cells of a method.
pub fn cells(plugin: Plugin, scenario: &'static Scenario, clean: &CleanRun) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut add = |command: &str, occurrence: u32, way: Way, when: When| {
        let command = command.to_owned();
        cells.push(Cell { plugin, scenario, command, occurrence, way, when });
    };
    for Called { command, occurrence, effect, job } in &clean.0 {
        let changes = *effect != Effect::Read;
        for when in [When::Before, When::After] {
            for way in ANYWHERE {
                add(command, *occurrence, way, when);
            }
            if *job {
                add(command, *occurrence, Way::JobFailure, when);
                add(command, *occurrence, Way::JobPurged, when);
            }
            if changes {
                add(command, *occurrence, Way::KillTwice, when);
            }
        }
        if changes {
            add(command, *occurrence, Way::Late, When::After);
        }
    }
    add("", 0, Way::Unread, When::After);
    cells
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { scenario, command, occurrence, way, when, .. } = self;
        match way {
            Way::Unread => write!(f, "{}: nobody reads the answer", scenario.method),
            _ => write!(f, "{}: {way:?} {when:?} {command} {occurrence}", scenario.method),
        }
    }
}

impl Cell {
    /// What the client has to read in it: the same for each call of the command.
    pub fn reading(&self) -> (&'static str, String, Way, bool) {
        let before = self.when == When::Before;
        (self.scenario.method, self.command.clone(), self.way, before)
    }

    /// Plays the cell.
    pub fn run(&self, subject: &Subject) -> Finding {
        self.play(subject).unwrap_or_else(|error| Finding::NotRun(format!("{error:#}")))
    }

    fn play(&self, subject: &Subject) -> Result<Finding> {
        let timeout = if self.way == Way::Hang { HASTY } else { PATIENT };
        let stage = Stage::set(self.plugin, subject, timeout)?;
        let arguments = (self.scenario.prepare)(&stage)?;
        let before = stage.inventory();
        let elsewhere = Inventory::of(&*stage.other);

        let answer = match self.call(&stage, &arguments)? {
            Ended::Answered(answer) => Some(answer),
            Ended::Killed | Ended::Unread => None,
            Ended::Malformed(why) => return Ok(Finding::Malformed(why)),
        };
        if self.way != Way::Unread && stage.cloud.faults_struck() == 0 {
            bail!("the fault did not strike");
        }
        // Nothing may appear after this.
        std::thread::sleep(Duration::from_secs_f64(HORIZON.max(LATE) + 0.1));
        stage.ordinary_call_elsewhere()?;
        if self.way == Way::KillTwice {
            self.kill_the_repair(&stage)?;
        }
        stage.twice(|| stage.ordinary_call())?;

        let after = stage.inventory();
        if Inventory::of(&*stage.other) != elsewhere {
            return Ok(Finding::Leaked("the other cloud was changed".into()));
        }
        Ok(judge(self.scenario, &before, &after, &arguments, answer.as_ref()))
    }

    /// Calls the method; the fault is declared once its process is known.
    fn call(&self, stage: &Stage, arguments: &Value) -> Result<Ended> {
        let request = stage.request(self.scenario.method, arguments).to_string();
        if self.way == Way::Unread {
            stage.driver().send_unread(request.as_bytes())?;
            return Ok(Ended::Unread);
        }
        let reply = stage.driver().send_to(request.as_bytes(), |pid| {
            let fault = self.way.fault(&self.command, self.occurrence, self.when, pid);
            stage.cloud.declare_faults(fault.into_iter().collect());
        })?;
        if matches!(self.way, Way::Kill | Way::KillTwice) && reply.status.code().is_none() {
            return Ok(Ended::Killed);
        }
        Ok(match reply.answer() {
            Ok(answer) => Ended::Answered(answer),
            Err(broken) => Ended::Malformed(broken.to_string()),
        })
    }

    /// Kills ordinary calls in the middle of their repairing: each at its next API call, until
    /// one gets through.
    fn kill_the_repair(&self, stage: &Stage) -> Result<()> {
        let request = stage.driver().request("has_vm", serde_json::json!(["no-such-vm"]));
        for nth in 1..=3 {
            stage.driver().send_to(request.to_string().as_bytes(), |pid| {
                let fault = Way::Kill.fault("*", nth, self.when, pid);
                stage.cloud.declare_faults(fault.into_iter().collect());
            })?;
        }
        stage.cloud.declare_faults(Vec::new());
        Ok(())
    }
}

/// What a cloud that holds `after` says of a call that was answered so.
pub fn judge(
    scenario: &Scenario,
    before: &Inventory,
    after: &Inventory,
    arguments: &Value,
    answer: Option<&Answer>,
) -> Finding {
    let done = |result: &Value| (scenario.done)(before, arguments, result);
    let said = match answer {
        Some(Answer { outcome: Ok(result), .. }) => {
            if *after == done(result) {
                return Finding::Succeeded;
            }
            return leak(&done(result), after, "it was answered with success");
        }
        Some(Answer { outcome: Err(error), .. }) => error.to_string(),
        None => "it was not answered".to_owned(),
    };
    let as_done = scenario.may_be_done && *after == done(&Value::Null);
    if after == before || as_done { Finding::Undone } else { leak(before, after, &said) }
}

enum Ended {
    Answered(Answer),
    Malformed(String),
    Killed,
    Unread,
}

fn leak(wanted: &Inventory, after: &Inventory, said: &str) -> Finding {
    let (more, less) = (after.beyond(wanted).join(", "), wanted.beyond(after).join(", "));
    Finding::Leaked(format!("too much: [{more}], missing: [{less}]; {said}"))
}

/// The hang must outlast the CPI's patience, or it is none.
const _: () = assert!(HANG > HASTY as f64);
