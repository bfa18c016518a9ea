//! Commands on an environment: a BOSH that is brought up from a manifest.

mod arguments;
mod create;
mod embedded;
mod events;
mod exit;
mod import;
mod interrupt;
mod lines;
mod logs;
mod micro;
mod output;
mod plan;
mod session;
mod ssh;
mod status;

pub use create::{CreateEnv, DeleteEnv, StartEnv, StopEnv};
pub use micro::Micro;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Look at an environment, and more that create-env has beside it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi env status bosh.yml -l vars.yml --vars-store creds.yml")]
pub struct Env {
    /// Which.
    #[command(subcommand)]
    pub command: EnvCommand,
}

/// The commands of [`Env`].
#[derive(Debug, Subcommand)]
pub enum EnvCommand {
    Status(status::StatusEnv),
    Plan(plan::PlanEnv),
    Logs(logs::LogsEnv),
    Ssh(ssh::SshEnv),
    /// Make a new VM though nothing has changed: `create-env --recreate`.
    Recreate(CreateEnv),
    Import(import::ImportEnv),
}

impl Env {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        self.command.run()
    }
}

impl EnvCommand {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            EnvCommand::Status(status) => status.run(),
            EnvCommand::Plan(plan) => plan.run(),
            EnvCommand::Logs(logs) => logs.run(),
            EnvCommand::Ssh(ssh) => ssh.run(),
            EnvCommand::Recreate(create) => create.recreating().run(),
            EnvCommand::Import(import) => import.run(),
        }
    }
}
