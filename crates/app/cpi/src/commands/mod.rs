//! One file for each subcommand.

pub mod call;
pub mod completions;
#[cfg(feature = "lab")]
pub mod conformance;
#[cfg(feature = "lab")]
pub mod demo;
pub mod doctor;
mod document;
pub mod env;
pub mod gc;
pub mod images;
pub mod interpolate;
#[cfg(not(feature = "lab"))]
pub mod lab_absent;
pub mod ops;
mod password;
mod person;
pub mod recover;
#[cfg(feature = "lab")]
pub mod rehearse;
pub mod request;
pub mod schema;
#[cfg(feature = "lab")]
pub mod sim;
pub mod stemcell;
#[cfg(feature = "lab")]
pub mod torture;

use clap::Subcommand;
use std::path::Path;
use std::process::ExitCode;

/// The subcommands. What each is for stands at its arguments.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[cfg(feature = "lab")]
    Demo(demo::Demo),
    Call(call::Call),
    CreateEnv(env::CreateEnv),
    DeleteEnv(env::DeleteEnv),
    StopEnv(env::StopEnv),
    StartEnv(env::StartEnv),
    Env(env::Env),
    #[command(hide = true)]
    Micro(env::Micro),
    #[cfg(feature = "lab")]
    Sim(sim::Sim),
    Doctor(doctor::Doctor),
    Ops(ops::Ops),
    Recover(recover::Recover),
    Gc(gc::Gc),
    #[cfg(feature = "lab")]
    Conformance(conformance::Conformance),
    #[command(visible_alias = "int")]
    Interpolate(interpolate::Interpolate),
    #[cfg(feature = "lab")]
    Rehearse(rehearse::Rehearse),
    #[cfg(feature = "lab")]
    Torture(torture::Torture),
    #[cfg(not(feature = "lab"))]
    #[command(
        hide = true,
        name = "demo",
        aliases = ["sim", "conformance", "rehearse", "torture"]
    )]
    LabAbsent(lab_absent::LabAbsent),
    Stemcell(stemcell::Stemcell),
    Images(images::Images),
    Schema(schema::Schema),
    Completions(completions::Completions),
}

/// Runs a subcommand; an error goes to standard error.
pub fn run(command: Command, config: Option<&Path>) -> ExitCode {
    let outcome = match command {
        Command::Call(call) => call.run(config),
        Command::CreateEnv(create) => create.run(),
        Command::DeleteEnv(delete) => delete.run(),
        Command::StopEnv(stop) => stop.run(),
        Command::StartEnv(start) => start.run(),
        Command::Env(env) => env.run(),
        Command::Micro(micro) => micro.run(),
        #[cfg(feature = "lab")]
        Command::Sim(sim) => sim.run(),
        #[cfg(feature = "lab")]
        Command::Demo(demo) => demo.run(),
        Command::Doctor(doctor) => doctor.run(config),
        Command::Ops(ops) => ops.run(config),
        Command::Recover(recover) => recover.run(config),
        Command::Gc(gc) => gc.run(config),
        #[cfg(feature = "lab")]
        Command::Conformance(conformance) => conformance.run(),
        Command::Interpolate(interpolate) => interpolate.run(),
        #[cfg(feature = "lab")]
        Command::Rehearse(rehearse) => rehearse.run(),
        #[cfg(feature = "lab")]
        Command::Torture(torture) => torture.run(),
        #[cfg(not(feature = "lab"))]
        Command::LabAbsent(absent) => absent.run(),
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
