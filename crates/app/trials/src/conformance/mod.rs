//! The conformance suite: what directors, CLIs and the lifecycle suites of other CPIs expect,
//! as black-box checks for any CPI binary on the embedded cloud.
//!
//! The checks are those of the suites of the OpenStack, AWS, vSphere, Google and Alicloud CPIs
//! and of BATS. Where these leave a choice, the check says which is taken.

mod bench;
mod disk;
mod junit;
mod protocol;
mod stemcell;
mod verdict;
mod vm;

pub use junit::junit;
pub use verdict::Verdict;

use crate::Subject;
use crate::cloud::World;
use anyhow::Result;
use bench::Bench;
use std::time::Instant;

/// One promise of the contract.
pub struct Check {
    /// Its number in the suite: `V5`.
    pub id: &'static str,
    /// What must hold.
    pub what: &'static str,
    run: fn(&Bench) -> Result<()>,
}

/// Every check, in the order of the suite.
pub fn checks() -> Vec<Check> {
    [protocol::CHECKS, stemcell::CHECKS, vm::CHECKS, disk::CHECKS]
        .into_iter()
        .flatten()
        .map(|Check { id, what, run }| Check { id, what, run: *run })
        .collect()
}

impl Check {
    /// Runs it, on a fresh cloud.
    pub fn run(&self, subject: &Subject, world: &World) -> Verdict {
        let begun = Instant::now();
        let outcome = Bench::new(subject, world).and_then(|bench| (self.run)(&bench));
        let fault = outcome.err().map(|error| format!("{error:#}"));
        Verdict { id: self.id, what: self.what, fault, took: begun.elapsed() }
    }
}
