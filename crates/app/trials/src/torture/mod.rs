//! The crash matrix: every method, every API call of it in turn, every way to fail, and after
//! it one ordinary call. Then the cloud must hold exactly what was answered.
//!
//! The cells come from a clean run's recorded calls. Each cell has a cloud and a `state_dir` of
//! its own, and a second cloud that shares that `state_dir`.

mod cell;
mod depth;
mod fault;
mod foreign;
mod heavy;
mod images;
mod inventory;
mod liar;
mod reach;
mod report;
mod scenario;
mod shelf;
mod softlayer;
mod stage;

pub use cell::Cell;
pub use depth::Depth;
pub(crate) use inventory::cloudstack_things;
pub use liar::LiarCell;
pub use report::{Finding, Report};
pub use scenario::{Scenario, scenarios};

use crate::Subject;
use crate::cloud::Plugin;
use anyhow::{Context, Result};
use cell::CleanRun;
use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How to run the matrix.
pub struct Plan {
    /// On which cloud.
    pub cloud: Plugin,
    /// The CPI to try.
    pub subject: Subject,
    /// Only these methods; all of them if empty.
    pub methods: Vec<String>,
    /// How many of the cells.
    pub depth: Depth,
    /// How many cells at once. They mostly wait.
    pub workers: usize,
}

/// A cell of a matrix.
pub trait Play: Display + Sync {
    /// The method under trial.
    fn method(&self) -> &'static str;

    /// Plays it.
    fn play(&self, subject: &Subject) -> Finding;
}

impl Play for Cell {
    fn method(&self) -> &'static str {
        self.scenario.method
    }

    fn play(&self, subject: &Subject) -> Finding {
        self.run(subject)
    }
}

impl Play for LiarCell {
    fn method(&self) -> &'static str {
        LiarCell::method(self)
    }

    fn play(&self, subject: &Subject) -> Finding {
        self.run(subject)
    }
}

impl Plan {
    /// Every cell of the matrix, from a clean run of each method.
    pub fn cells(&self) -> Result<Vec<Cell>> {
        let mut cells = Vec::new();
        for (scenario, clean) in self.clean_runs()? {
            cells.extend(cell::cells(self.cloud, scenario, &clean));
        }
        if self.depth == Depth::Quick {
            let mut mangled = HashSet::new();
            cells.retain(|cell| !cell.way.mangles() || mangled.insert(cell.reading()));
        }
        Ok(cells)
    }

    /// Every cell of the liar matrix, from a clean run of each method.
    pub fn liar_cells(&self) -> Result<Vec<LiarCell>> {
        let mut cells = Vec::new();
        for (scenario, clean) in self.clean_runs()? {
            cells.extend(liar::cells(self.cloud, scenario, &clean, self.depth));
        }
        Ok(cells)
    }

    /// A clean run of each method that is wanted.
    fn clean_runs(&self) -> Result<Vec<(&'static Scenario, CleanRun)>> {
        let wanted = |scenario: &&Scenario| {
            self.methods.is_empty() || self.methods.iter().any(|name| name == scenario.method)
        };
        let scenarios = scenarios(self.cloud).iter().filter(wanted);
        let run = |scenario: &'static Scenario| {
            let clean = cell::clean_run(self.cloud, &self.subject, scenario)
                .with_context(|| format!("a clean run of {}", scenario.method))?;
            Ok((scenario, clean))
        };
        scenarios.map(run).collect()
    }

    /// Runs cells of either matrix. `progress` is told after each how many are done.
    pub fn run<C: Play>(&self, cells: &[C], progress: impl Fn(usize) + Sync) -> Report {
        let next = AtomicUsize::new(0);
        let report = Mutex::new(Report::default());
        std::thread::scope(|scope| {
            for _ in 0..self.workers.max(1) {
                scope.spawn(|| {
                    while let Some(cell) = cells.get(next.fetch_add(1, Ordering::SeqCst)) {
                        let finding = cell.play(&self.subject);
                        let mut report = report.lock().unwrap_or_else(|e| e.into_inner());
                        report.add(cell.method(), cell, finding);
                        progress(report.runs);
                    }
                });
            }
        });
        report.into_inner().unwrap_or_else(|e| e.into_inner())
    }
}
