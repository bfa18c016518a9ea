//! The CloudStack API: typed commands, signed requests built without I/O, and a client that
//! sends them, waits for jobs and follows pages.
//!
//! A new API call is one struct in the file of its noun under [`api`] and one line in the
//! table of [`command`]. The types are shared with the simulator, which answers with them.
//!
//! A call on its way: [`request`] flattens a command into parameters and [`signing`] signs
//! them; the [`Client`] sends, and sends again where the command's effect allows it;
//! [`answer`] reads what came, [`error`] says what went wrong, [`job`] waits for jobs.

pub mod answer;
pub mod api;
mod client;
mod clock;
pub mod command;
pub mod error;
mod hint;
pub mod job;
pub mod phrases;
pub mod request;
mod scrub;
mod settings;
pub mod signing;
mod tally;

pub use client::Client;
pub use cloud_http::{Deadline, Effect, Outcome, Secret};
pub use command::{COMMANDS, Command, CommandInfo, JobCommand, Paged};
pub use error::{Error, Refusal, outcome};
pub use settings::{ClientSettings, Credentials};
pub use tally::Tally;
