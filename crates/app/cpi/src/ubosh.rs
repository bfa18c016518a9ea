//! The program by its other name: a link that is named `ubosh` has the commands on environments
//! alone, and `env`'s without the word.

use crate::cli::Cli;
use crate::commands::{Command, env, interpolate};
use clap::{Parser, Subcommand};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The name of the link.
const NAME: &str = "ubosh";

/// Bring up a whole BOSH from nothing, over any CPI.
#[derive(Debug, Parser)]
#[command(name = NAME, version, arg_required_else_help = true)]
struct Ubosh {
    /// The built-in CPI's config: this program is that CPI, too.
    #[arg(long, hide = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Option<UboshCommand>,
}

#[derive(Debug, Subcommand)]
enum UboshCommand {
    CreateEnv(env::CreateEnv),
    DeleteEnv(env::DeleteEnv),
    StopEnv(env::StopEnv),
    StartEnv(env::StartEnv),
    #[command(visible_alias = "int")]
    Interpolate(interpolate::Interpolate),
    #[command(flatten)]
    Env(env::EnvCommand),
    #[command(hide = true)]
    Micro(env::Micro),
    /// Plays the cloud of `--embedded`.
    #[cfg(feature = "lab")]
    #[command(hide = true)]
    Sim(crate::commands::sim::Sim),
}

/// Whether the program was called by its other name.
pub fn is_called() -> bool {
    let name = std::env::args_os().next().unwrap_or_default();
    Path::new(&name).file_name() == Some(OsStr::new(NAME))
}

/// Reads the command line.
pub fn parse() -> Cli {
    let Ubosh { config, command } = Ubosh::parse();
    Cli { config, command: command.map(Command::from) }
}

impl From<UboshCommand> for Command {
    fn from(command: UboshCommand) -> Command {
        match command {
            UboshCommand::CreateEnv(create) => Command::CreateEnv(create),
            UboshCommand::DeleteEnv(delete) => Command::DeleteEnv(delete),
            UboshCommand::StopEnv(stop) => Command::StopEnv(stop),
            UboshCommand::StartEnv(start) => Command::StartEnv(start),
            UboshCommand::Interpolate(interpolate) => Command::Interpolate(interpolate),
            UboshCommand::Env(command) => Command::Env(env::Env { command }),
            UboshCommand::Micro(micro) => Command::Micro(micro),
            #[cfg(feature = "lab")]
            UboshCommand::Sim(sim) => Command::Sim(sim),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Ubosh::command().debug_assert();
    }

    /// `ubosh status` is `cpi env status`; what is not about environments is not there.
    #[test]
    fn the_commands_of_env_need_no_word_before_them() {
        let read = |words: &[&str]| Ubosh::try_parse_from([&["ubosh"], words].concat());
        let command = read(&["status", "m.yml"]).unwrap().command.unwrap();
        assert!(matches!(Command::from(command), Command::Env(_)));
        assert!(read(&["create-env", "m.yml", "-v", "a=1"]).is_ok());
        assert!(read(&["--config", "cpi.json"]).unwrap().command.is_none());
        assert!(read(&["doctor"]).is_err());
    }
}
