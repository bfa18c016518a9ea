//! Runs an external CPI, whosever it is: one process a request, JSON on standard input, one JSON
//! document on standard output.
//!
//! A [`Driver`] starts it as a director or as the bosh CLI does. A [`DurableCall`] leaves the
//! answer in a file, so that it is there for the next process if the one that asked dies.

mod answer;
mod driver;
mod durable;

pub use answer::{Answer, AnswerError, Broken, Reply};
pub use driver::Driver;
pub use durable::{DurableCall, Outcome};
