//! `micro …`: the commands of the tools before create-env. Those that have an heir run it, the
//! others name what took their place.

use super::create::{CreateEnv, DeleteEnv};
use super::exit::FailureKind;
use super::status::StatusEnv;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// The commands of `bosh micro`, or what took their place.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi micro deploy bosh.yml -l vars.yml --vars-store creds.yml")]
pub struct Micro {
    #[command(subcommand)]
    command: MicroCommand,
}

#[derive(Debug, Subcommand)]
enum MicroCommand {
    /// Is create-env: stemcell and releases are named by the manifest.
    Deploy(CreateEnv),
    /// Is delete-env.
    Delete(DeleteEnv),
    /// Is env status.
    Status(StatusEnv),
    /// Is an argument of each command now: MANIFEST.
    Deployment(Words),
    /// Are the state files, one beside each manifest.
    Deployments(Words),
    /// Is env status, start-env, stop-env, env logs and env ssh.
    Agent(Words),
    /// Is create-env: a change of jobs alone is applied in place.
    Apply(Words),
}

/// Whatever was given.
#[derive(Debug, Args)]
struct Words {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    words: Vec<String>,
}

impl Micro {
    /// Runs the command's heir, or names it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            MicroCommand::Deploy(create) => create.run(),
            MicroCommand::Delete(delete) => delete.run(),
            MicroCommand::Status(status) => status.run(),
            MicroCommand::Deployment(words) => replaced(
                "deployment",
                &words,
                "give the manifest to each command: create-env MANIFEST",
            ),
            MicroCommand::Deployments(words) => replaced(
                "deployments",
                &words,
                "each manifest has a state file beside it: env status MANIFEST shows it",
            ),
            MicroCommand::Agent(words) => replaced(
                "agent",
                &words,
                "use env status MANIFEST for state and disks, start-env and stop-env for the jobs, \
                 env logs and env ssh for the rest",
            ),
            MicroCommand::Apply(words) => replaced(
                "apply",
                &words,
                "use create-env MANIFEST: where only jobs change, the VM stays and they are applied",
            ),
        }
    }
}

fn replaced(command: &str, words: &Words, heir: &str) -> anyhow::Result<ExitCode> {
    let words: String = words.words.iter().map(|word| format!(" {word}")).collect();
    eprintln!("error: 'micro {command}{words}' was replaced: {heir}");
    Ok(ExitCode::from(FailureKind::Usage as u8))
}
