//! What can stand on the command line.

use crate::commands::{Command, request};
use clap::{CommandFactory, Parser};
use std::io::IsTerminal;
use std::path::PathBuf;

/// The BOSH CPI for CloudStack and SoftLayer.
///
/// Without a subcommand it reads one request of a BOSH director from standard input and
/// answers it on standard output.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = false, after_help = request::EXAMPLE)]
pub struct Cli {
    /// The CPI's config, as the BOSH job renders it: JSON or YAML. Default: `CPI_CONFIG`, or
    /// that of the one job of a CPI on this VM.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// What to do instead of answering a director.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Nothing was asked, so that nothing was done.
const NOTHING_ASKED: i32 = 2;

/// Reads the command line. A person who gives nothing gets help; a director's pipe without a
/// config gets an answer that says so.
pub fn parse() -> Cli {
    let cli = Cli::parse();
    if cli.command.is_none() && std::io::stdin().is_terminal() {
        match cli.config {
            None => {
                eprintln!("{}", Cli::command().render_help());
                std::process::exit(NOTHING_ASKED);
            }
            Some(_) => eprintln!("reading one request from the terminal; Ctrl-D ends it"),
        }
    }
    if let (Some(command), Some(_)) = (&cli.command, &cli.config)
        && !command.takes_config()
    {
        let error = clap::error::ErrorKind::ArgumentConflict;
        Cli::command().error(error, "this command takes no --config").exit();
    }
    cli
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn each_help_has_an_example() {
        let mut root = Cli::command();
        root.build();
        for command in root.get_subcommands().filter(|c| c.get_name() != "help").chain([&root]) {
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("Example"), "{} has no example", command.get_name());
        }
    }
}
