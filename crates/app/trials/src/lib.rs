//! Trials of a CPI from outside: whatever answers a director's requests on standard input can
//! be driven by a [`Driver`], ours or another's.

pub mod cloud;
pub mod conformance;
pub mod demo;
mod hint;
pub mod rehearse;
mod subject;
pub mod torture;

pub use cpi_driver as driver;
pub use cpi_driver::{Driver, Reply};
pub use subject::Subject;
