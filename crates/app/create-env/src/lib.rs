//! Brings up a BOSH environment (usually a director) from nothing, over any CPI, as
//! `bosh create-env` does: from the same manifest, to the same state file.
//!
//! ```text
//! manifest + operations + variables → Manifest → plan → CPI and agent → State
//! ```
//!
//! This crate knows no cloud and no simulator: it speaks to a CPI and to an agent.

mod cpi;
mod create;
mod delete;
mod disk;
pub mod document;
mod environment;
mod error;
pub mod event;
pub mod files;
mod installation;
mod instance;
mod jobs;
mod lifecycle;
pub mod manifest;
mod packages;
mod plan;
mod prepared;
mod releases;
pub mod state;
mod stemcell;
pub mod store;
mod vm;

pub use cpi::CpiFailure;
pub use create::{Created, create, plan};
pub use delete::delete;
pub use environment::{CpiSource, Environment, Options};
pub use error::{Error, ErrorKind};
pub use event::{Event, Reporter};
pub use lifecycle::{start, stop};
pub use manifest::Manifest;
pub use plan::{DiskPlan, Plan, ReleaseChange, VmPlan};
pub use state::State;
