//! The CloudStack API: typed commands, signed requests built without I/O, and a client that
//! sends them, waits for jobs and follows pages.
//!
//! A new API call is one struct in the file of its noun under [`api`] and one line in the
//! table of [`command`]. The types are shared with the simulator, which answers with them.

pub mod api;
pub mod command;

pub use command::{COMMANDS, Command, CommandInfo, JobCommand};
