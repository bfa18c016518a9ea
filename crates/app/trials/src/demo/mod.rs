//! The demo: an embedded cloud, and what a director sends for one VM with a persistent disk,
//! through the same path as in production.

mod cloud;
mod page;
mod record;
mod show;
mod stage;
mod story;

pub use crate::cloud::{Thing, left};
pub use record::{ApiCall, Entry, JobWait};

use crate::Driver;
use crate::cloud::{Pace, World};
use anyhow::Result;
use cloud::Cloud;
use serde::Serialize;
use serde_json::json;
use show::{Quiet, Show, Text};
use stage::Stage;
use std::io::Write;
use std::path::Path;

/// What happened.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Each CPI call.
    pub entries: Vec<Entry>,
    /// What is in the cloud now and was not there before.
    pub left: Vec<Thing>,
    /// Why the story broke off.
    pub failure: Option<String>,
    /// On which cloud it was played.
    pub cloud: &'static str,
}

/// Sums over all CPI calls.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Totals {
    /// Seconds of all CPI calls.
    pub took: f64,
    /// Seconds of all calls of `info`.
    pub info_took: f64,
    /// API calls, apart from polls.
    pub api_calls: usize,
    /// Polls.
    pub polls: usize,
    /// Seconds of waiting for jobs.
    pub waited: f64,
}

impl Report {
    /// Whether all went well and nothing is left.
    pub fn good(&self) -> bool {
        self.failure.is_none() && self.left.is_empty()
    }

    /// Sums over all CPI calls.
    pub fn totals(&self) -> Totals {
        self.entries.iter().fold(Totals::default(), |sum, entry| Totals {
            took: sum.took + entry.took,
            info_took: sum.info_took + entry.info_took,
            api_calls: sum.api_calls + entry.api_calls(),
            polls: sum.polls + entry.polls(),
            waited: sum.waited + entry.waited(),
        })
    }

    /// The report as JSON.
    pub fn to_json(&self) -> String {
        json!({"good": self.good(), "totals": self.totals(), "report": self}).to_string()
    }

    /// The report as one HTML page that needs nothing else.
    pub fn to_html(&self) -> String {
        page::page(self)
    }
}

/// The built-in CloudStack with times that can be watched.
pub fn world() -> simulator_cloudstack::World {
    crate::cloud::watched(simulator_cloudstack::World::builtin())
}

/// Plays the demo in `world` with the CPI `program`, and tells it on `out` if there is one.
pub fn run(
    program: &Path,
    world: &World,
    pace: Pace,
    out: Option<&mut dyn Write>,
) -> Result<Report> {
    let cloud = Cloud::start(world, pace)?;
    let Some(out) = out else {
        return play(program, &cloud, &mut Quiet);
    };
    let title = world.plugin().title();
    writeln!(out, "An embedded {title} serves {}", cloud.running.endpoint())?;
    writeln!(out, "Each call is a process of its own, as a director starts it:")?;
    writeln!(out, "  {} --config {}\n", program.display(), cloud.config().display())?;
    let report = play(program, &cloud, &mut Text(&mut *out))?;
    writeln!(out, "\n{}", show::summary(&report))?;
    Ok(report)
}

fn play(program: &Path, cloud: &Cloud, show: &mut dyn Show) -> Result<Report> {
    let config = cloud.config().into_os_string();
    let mut driver = Driver::new(program, ["--config".into(), config]).home(cloud.home());
    driver.context = serde_json::Map::from_iter([
        ("director_uuid".to_owned(), json!("5f3c3b5e-0d3a-4d5c-9d6e-000000000de0")),
        ("request_id".to_owned(), json!("cpi-demo")),
    ]);
    let mut stage = Stage::new(driver, cloud, show);
    let told = story::tell(&mut stage);
    if let Err(failure) = &told {
        stage.say(&format!("✗ the story breaks off: {failure:#}"))?;
        stage.clean_up()?;
    }
    let failure = told.err().map(|failure| format!("{failure:#}"));
    let title = cloud.running.plugin().title();
    Ok(Report { entries: stage.entries(), left: cloud.running.left(), failure, cloud: title })
}
