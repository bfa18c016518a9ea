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
pub mod explain;
pub mod gc;
pub mod images;
pub mod interpolate;
mod known_cids;
#[cfg(not(feature = "lab"))]
pub mod lab_absent;
pub mod man;
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
    Explain(explain::Explain),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Man(man::Manual),
}

impl Command {
    /// Whether it works by a config: who gives one to another command would be ignored.
    pub fn takes_config(&self) -> bool {
        match self {
            Command::Call(_)
            | Command::Doctor(_)
            | Command::Ops(_)
            | Command::Recover(_)
            | Command::Gc(_)
            | Command::Stemcell(_) => true,
            #[cfg(feature = "lab")]
            Command::Demo(_)
            | Command::Sim(_)
            | Command::Conformance(_)
            | Command::Rehearse(_)
            | Command::Torture(_) => false,
            #[cfg(not(feature = "lab"))]
            Command::LabAbsent(_) => true,
            Command::CreateEnv(_)
            | Command::DeleteEnv(_)
            | Command::StopEnv(_)
            | Command::StartEnv(_)
            | Command::Env(_)
            | Command::Micro(_)
            | Command::Interpolate(_)
            | Command::Images(_)
            | Command::Explain(_)
            | Command::Schema(_)
            | Command::Completions(_)
            | Command::Man(_) => false,
        }
    }

    /// What an error ends it with. Commands of the bosh CLI have the CLI's own.
    fn code_of_an_error(&self) -> u8 {
        match self {
            Command::CreateEnv(_)
            | Command::DeleteEnv(_)
            | Command::StopEnv(_)
            | Command::StartEnv(_)
            | Command::Env(_)
            | Command::Micro(_)
            | Command::Interpolate(_) => 1,
            _ => COULD_NOT_RUN,
        }
    }
}

/// A command that could not do its work, as against one that did and found problems (1).
const COULD_NOT_RUN: u8 = 2;

/// Runs a subcommand; an error goes to standard error.
pub fn run(command: Command, config: Option<&Path>) -> ExitCode {
    let code = command.code_of_an_error();
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
        Command::Explain(explain) => explain.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(manual) => manual.run(),
    };
    outcome.unwrap_or_else(|error| {
        if is_broken_pipe(&error) {
            // Who reads no further, such as `head`, has seen enough.
            return ExitCode::SUCCESS;
        }
        eprintln!("error: {error:#}");
        ExitCode::from(code)
    })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
