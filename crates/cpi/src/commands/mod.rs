//! One file for each subcommand.

pub mod call;
pub mod completions;
pub mod request;
pub mod sim;

use clap::Subcommand;
use std::path::Path;
use std::process::ExitCode;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Call a method by hand, and see the result.
    Call(call::Call),
    /// Serve the embedded CloudStack until SIGINT or SIGTERM.
    Sim(sim::Sim),
    /// Print a completion script for a shell.
    Completions(completions::Completions),
}

/// Runs a subcommand; an error goes to standard error.
pub fn run(command: Command, config: Option<&Path>) -> ExitCode {
    let outcome = match command {
        Command::Call(call) => call.run(config),
        Command::Sim(sim) => sim.run(),
        Command::Completions(completions) => completions.run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
