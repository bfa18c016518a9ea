//! One file for each subcommand.

pub mod call;
pub mod completions;
pub mod conformance;
pub mod demo;
pub mod doctor;
mod document;
pub mod gc;
pub mod images;
pub mod interpolate;
pub mod ops;
mod password;
mod person;
pub mod recover;
pub mod rehearse;
pub mod request;
pub mod schema;
pub mod sim;
pub mod stemcell;
pub mod torture;

use clap::Subcommand;
use std::path::Path;
use std::process::ExitCode;

/// The subcommands. What each is for stands at its arguments.
#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(demo::Demo),
    Call(call::Call),
    Sim(sim::Sim),
    Doctor(doctor::Doctor),
    Ops(ops::Ops),
    Recover(recover::Recover),
    Gc(gc::Gc),
    Conformance(conformance::Conformance),
    #[command(visible_alias = "int")]
    Interpolate(interpolate::Interpolate),
    Rehearse(rehearse::Rehearse),
    Torture(torture::Torture),
    Stemcell(stemcell::Stemcell),
    Images(images::Images),
    Schema(schema::Schema),
    Completions(completions::Completions),
}

/// Runs a subcommand; an error goes to standard error.
pub fn run(command: Command, config: Option<&Path>) -> ExitCode {
    let outcome = match command {
        Command::Call(call) => call.run(config),
        Command::Sim(sim) => sim.run(),
        Command::Demo(demo) => demo.run(),
        Command::Doctor(doctor) => doctor.run(config),
        Command::Ops(ops) => ops.run(config),
        Command::Recover(recover) => recover.run(config),
        Command::Gc(gc) => gc.run(config),
        Command::Conformance(conformance) => conformance.run(),
        Command::Interpolate(interpolate) => interpolate.run(),
        Command::Rehearse(rehearse) => rehearse.run(),
        Command::Torture(torture) => torture.run(),
        Command::Stemcell(stemcell) => stemcell.run(config),
        Command::Images(images) => images.run(),
        Command::Schema(schema) => schema.run(),
        Command::Completions(completions) => completions.run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
