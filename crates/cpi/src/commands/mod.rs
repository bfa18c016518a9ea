//! One file for each subcommand.

pub mod call;
pub mod completions;
pub mod demo;
pub mod gc;
pub mod ops;
mod person;
pub mod recover;
pub mod request;
pub mod schema;
pub mod sim;
pub mod torture;

use clap::Subcommand;
use std::path::Path;
use std::process::ExitCode;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch a VM's life on an embedded CloudStack.
    Demo(demo::Demo),
    /// Call a method by hand, and see the result.
    Call(call::Call),
    /// Serve the embedded CloudStack until SIGINT or SIGTERM.
    Sim(sim::Sim),
    /// List what calls have changed or are changing.
    Ops(ops::Ops),
    /// Undo what calls that died, or gave up, left open.
    Recover(recover::Recover),
    /// List, or delete, what is ours and no director knows.
    Gc(gc::Gc),
    /// Kill and mislead a CPI at every API call, and see what is left.
    Torture(torture::Torture),
    /// Print the JSON schema of everything that can be configured.
    Schema(schema::Schema),
    /// Print a completion script for a shell.
    Completions(completions::Completions),
}

/// Runs a subcommand; an error goes to standard error.
pub fn run(command: Command, config: Option<&Path>) -> ExitCode {
    let outcome = match command {
        Command::Call(call) => call.run(config),
        Command::Sim(sim) => sim.run(),
        Command::Demo(demo) => demo.run(),
        Command::Ops(ops) => ops.run(config),
        Command::Recover(recover) => recover.run(config),
        Command::Gc(gc) => gc.run(config),
        Command::Torture(torture) => torture.run(),
        Command::Schema(schema) => schema.run(),
        Command::Completions(completions) => completions.run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
