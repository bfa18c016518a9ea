//! Brings up a BOSH environment (usually a director) from nothing, over any CPI, as
//! `bosh create-env` does: from the same manifest, to the same state file.
//!
//! ```text
//! manifest + operations + variables → Manifest → plan → CPI and agent → State
//! ```
//!
//! This crate knows no cloud and no simulator: it speaks to a CPI and to an agent.

pub mod document;
pub mod files;
pub mod manifest;
pub mod state;
pub mod store;

pub use manifest::Manifest;
pub use state::State;
