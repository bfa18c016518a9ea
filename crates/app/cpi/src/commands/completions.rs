//! `cpi completions`: a completion script for a shell.

use crate::cli::Cli;
use crate::stdout;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::process::ExitCode;

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi completions bash > /etc/bash_completion.d/cpi")]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    /// Prints it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "cpi", &mut script);
        stdout::write_all(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
