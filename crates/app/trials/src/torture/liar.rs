//! The liar matrix: lists that are not true, while a method runs, while it is undone, and while
//! what a killed call left is recovered. The cloud is full of what is none of the CPI's.

use super::cell::{self, CleanRun};
use super::depth::Depth;
use super::fault::Way;
use super::foreign::Foreign;
use super::inventory::Inventory;
use super::report::Finding;
use super::scenario::Scenario;
use super::stage::Stage;
use crate::Subject;
use crate::cloud::Plugin;
use crate::driver::Answer;
use crate::subject::HORIZON;
use anyhow::Result;
use cloud_http::Effect;
use serde_json::Value;
use simulator_kit::fault::{Fault, FaultKind, When};
use simulator_kit::lie::Lie;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

/// Longer than any wait that a cell is meant to have.
const PATIENT: u64 = 30;

/// How long lists lag, in seconds: shorter than a lost request may take.
const LAG: f64 = 0.4;

/// When a list is not true.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum During {
    /// While the method runs: at this list only.
    List(String, u32),
    /// While the method runs: at every list.
    Method,
    /// While the method runs and is undone, since the answer to this call is lost.
    Undo(String, u32),
    /// After the CPI was killed at this call, in the calls that repair.
    Recovery(String, u32),
}

/// A cell of the matrix.
pub struct LiarCell {
    plugin: Plugin,
    scenario: &'static Scenario,
    during: During,
    lie: Lie,
}

/// Lies that may go on for as long as they like: what is true can be told in spite of them, or
/// it can be told that it cannot.
fn lasting() -> Vec<Lie> {
    vec![
        Lie::FilterIgnored,
        Lie::LookAlikes,
        Lie::OtherAccount,
        Lie::PageIgnored,
        Lie::CountWrong,
        Lie::RowsTwice,
        Lie::ForeignEnvelope,
        stale(BTreeSet::new()),
    ]
}

/// Lies that can lead to the destruction of what is foreign.
fn dangerous() -> Vec<Lie> {
    vec![Lie::FilterIgnored, Lie::LookAlikes, Lie::OtherAccount, stale(BTreeSet::new())]
}

fn stale(known: BTreeSet<String>) -> Lie {
    Lie::Stale { seconds: LAG, known }
}

/// The cells of a method.
pub fn cells(
    plugin: Plugin,
    scenario: &'static Scenario,
    clean: &CleanRun,
    depth: Depth,
) -> Vec<LiarCell> {
    let mut cells = Vec::new();
    let mut add = |during: During, lie: Lie| cells.push(LiarCell { plugin, scenario, during, lie });
    let reads = clean.calls().filter(|call| call.effect == Effect::Read && !call.is_poll());
    let changes = clean.calls().filter(|call| call.effect != Effect::Read);
    let mut has_lists = false;
    for read in reads {
        has_lists = true;
        let at = During::List(read.command.clone(), read.occurrence);
        add(at.clone(), Lie::Empty);
        if depth == Depth::Every {
            lasting().into_iter().for_each(|lie| add(at.clone(), lie));
        }
    }
    if has_lists {
        lasting().into_iter().for_each(|lie| add(During::Method, lie));
    }
    let mut commands = HashSet::new();
    for change in changes {
        if depth == Depth::Quick && !commands.insert(change.command.clone()) {
            continue;
        }
        let lies = if depth == Depth::Quick { dangerous() } else { lasting() };
        for lie in lies {
            let (command, occurrence) = (change.command.clone(), change.occurrence);
            add(During::Undo(command.clone(), occurrence), lie.clone());
            add(During::Recovery(command, occurrence), lie);
        }
    }
    cells
}

impl std::fmt::Display for LiarCell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lie = match &self.lie {
            Lie::Stale { seconds, .. } => format!("lists lag by {seconds} s"),
            lie => format!("{lie:?}"),
        };
        write!(f, "{}: {lie} during {:?}", self.scenario.method, self.during)
    }
}

impl LiarCell {
    /// The method under trial.
    pub fn method(&self) -> &'static str {
        self.scenario.method
    }

    /// Plays the cell.
    pub fn run(&self, subject: &Subject) -> Finding {
        self.play(subject).unwrap_or_else(|error| Finding::NotRun(format!("{error:#}")))
    }

    fn play(&self, subject: &Subject) -> Result<Finding> {
        let stage = Stage::set(self.plugin, subject, PATIENT)?;
        let foreign = Foreign::make(&stage)?;
        let arguments = (self.scenario.prepare)(&stage)?;
        let before = stage.inventory();
        let lie = self.lie_of(&stage);
        let request = stage.request(self.scenario.method, &arguments).to_string();
        let reply = stage.driver().send_to(request.as_bytes(), |pid| {
            stage.cloud.declare_faults(self.faults(&lie, pid));
        })?;
        let answer = match reply.answer() {
            Ok(answer) => Some(answer),
            Err(_) if reply.status.code().is_none() => None,
            Err(broken) => return Ok(Finding::Malformed(broken.to_string())),
        };
        if matches!(self.during, During::Recovery(..)) {
            stage.cloud.declare_faults(vec![everywhere(&lie)]);
            stage.ordinary_call()?;
            stage.ordinary_call()?;
        }
        stage.cloud.declare_faults(Vec::new());
        std::thread::sleep(Duration::from_secs_f64(HORIZON + 0.1));
        stage.ordinary_call()?;
        stage.ordinary_call()?;
        if let Some(damage) = foreign.damage(&stage) {
            return Ok(Finding::ForeignDestroyed(damage));
        }
        Ok(self.judge(&foreign, &before, &stage.inventory(), &arguments, answer))
    }

    /// Lists that lag show what there is now.
    fn lie_of(&self, stage: &Stage) -> Lie {
        match &self.lie {
            Lie::Stale { .. } => stale(stage.cloud.ids()),
            lie => lie.clone(),
        }
    }

    fn faults(&self, lie: &Lie, pid: u32) -> Vec<Fault> {
        let lost = |way: Way, command: &str, nth: u32| way.fault(command, nth, When::After, pid);
        match &self.during {
            During::List(command, nth) => {
                vec![Fault {
                    command: command.clone(),
                    occurrence: *nth,
                    times: 1,
                    ..everywhere(lie)
                }]
            }
            During::Method => vec![everywhere(lie)],
            During::Undo(command, nth) => {
                lost(Way::Reset, command, *nth).into_iter().chain([everywhere(lie)]).collect()
            }
            During::Recovery(command, nth) => lost(Way::Kill, command, *nth).into_iter().collect(),
        }
    }

    fn judge(
        &self,
        foreign: &Foreign,
        before: &Inventory,
        after: &Inventory,
        arguments: &Value,
        answer: Option<Answer>,
    ) -> Finding {
        if let Some(Answer { outcome: Ok(result), .. }) = &answer {
            if foreign.is_in(self.scenario.method, result) {
                return Finding::ForeignAdopted(result.to_string());
            }
            let asks = ["has_vm", "has_disk"].contains(&self.scenario.method);
            if asks && *result != Value::Bool(true) {
                return Finding::Leaked(format!("it is there, and {result} was answered"));
            }
        }
        cell::judge(self.scenario, before, after, arguments, answer.as_ref())
    }
}

/// The lie at every list.
fn everywhere(lie: &Lie) -> Fault {
    let kind = FaultKind::Lie { lie: lie.clone() };
    Fault { command: "*".into(), occurrence: 1, times: u32::MAX, when: When::After, kind }
}
