//! What the matrix found.

use super::cell::Cell;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a cell found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The cloud holds what was answered.
    Clean,
    /// It holds something else.
    Leaked(String),
    /// The answer was none that a director takes.
    Malformed(String),
    /// The cell could not be played.
    NotRun(String),
}

/// What all cells found.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Cells that were tried.
    pub runs: usize,
    /// Cells that left something else than was answered.
    pub leaked: usize,
    /// Cells whose answer was none that a director takes.
    pub malformed: usize,
    /// Cells that could not be played.
    pub not_run: usize,
    /// Per method: runs, and those of them that were clean.
    pub methods: BTreeMap<String, (usize, usize)>,
    /// Every cell that was not clean, with what was found.
    pub findings: Vec<String>,
}

impl Report {
    /// Counts a cell.
    pub fn add(&mut self, cell: &Cell, finding: Finding) {
        self.runs += 1;
        let (runs, clean) = self.methods.entry(cell.scenario.method.into()).or_default();
        *runs += 1;
        let (count, what) = match finding {
            Finding::Clean => {
                *clean += 1;
                return;
            }
            Finding::Leaked(what) => (&mut self.leaked, format!("leaked: {what}")),
            Finding::Malformed(what) => (&mut self.malformed, format!("malformed: {what}")),
            Finding::NotRun(what) => (&mut self.not_run, format!("not run: {what}")),
        };
        *count += 1;
        self.findings.push(format!("{cell}: {what}"));
    }

    /// Whether every cell was clean.
    pub fn is_clean(&self) -> bool {
        self.leaked + self.malformed + self.not_run == 0
    }

    /// `runs N, leaked N, malformed answers N`, and what did not run.
    pub fn summary(&self) -> String {
        let Self { runs, leaked, malformed, not_run, .. } = self;
        let mut line = format!("runs {runs}, leaked {leaked}, malformed answers {malformed}");
        if *not_run > 0 {
            line += &format!(", not run {not_run}");
        }
        line
    }
}
