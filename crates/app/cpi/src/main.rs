//! `cpi`: the BOSH CPI for clouds with no CPI of their own, and what helps to try it out.
//!
//! Without a subcommand it answers one request of a director, from standard input to standard
//! output. The subcommands are for people; there is one file for each under `commands`.

mod cli;
mod commands;
mod config;
mod folder_owner;
mod log;
#[cfg(feature = "lab")]
mod scratch;
mod stdout;
mod terminal;
mod ubosh;
mod waiting;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = if ubosh::is_called() { ubosh::parse() } else { cli::parse() };
    match cli.command {
        None => commands::request::run(cli.config.as_deref()),
        Some(command) => commands::run(command, cli.config.as_deref()),
    }
}
