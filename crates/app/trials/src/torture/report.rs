//! What the matrix found.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Display;

/// What a cell found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The call was answered with success, and the cloud holds what was answered.
    Succeeded,
    /// The call failed or died, and the cloud holds what it held before.
    Undone,
    /// Something that is none of ours is gone, or is changed.
    ForeignDestroyed(String),
    /// Something that is none of ours was answered, as if the call had made it.
    ForeignAdopted(String),
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
    /// Those that were answered with success all the same.
    pub succeeded: usize,
    /// Cells that destroyed or changed what is none of ours.
    pub foreign_destroyed: usize,
    /// Cells that answered what is none of ours.
    pub foreign_adopted: usize,
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
    /// Counts a cell of a method.
    pub fn add(&mut self, method: &str, cell: &dyn Display, finding: Finding) {
        self.runs += 1;
        let (runs, clean) = self.methods.entry(method.into()).or_default();
        *runs += 1;
        let (count, what) = match finding {
            Finding::Succeeded => {
                *clean += 1;
                self.succeeded += 1;
                return;
            }
            Finding::Undone => {
                *clean += 1;
                return;
            }
            Finding::ForeignDestroyed(what) => {
                (&mut self.foreign_destroyed, format!("foreign destroyed: {what}"))
            }
            Finding::ForeignAdopted(what) => {
                (&mut self.foreign_adopted, format!("foreign adopted: {what}"))
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
        let foreign = self.foreign_destroyed + self.foreign_adopted;
        foreign + self.leaked + self.malformed + self.not_run == 0
    }

    /// `runs N, succeeded N, foreign destroyed N, …`, and what did not run.
    pub fn summary(&self) -> String {
        let Self { runs, succeeded, foreign_destroyed, foreign_adopted, .. } = self;
        let Self { leaked, malformed, not_run, .. } = self;
        let mut line = format!(
            "runs {runs}, succeeded {succeeded}, foreign destroyed {foreign_destroyed}, \
             foreign adopted {foreign_adopted}, leaked {leaked}, malformed answers {malformed}"
        );
        if *not_run > 0 {
            line += &format!(", not run {not_run}");
        }
        line
    }
}
