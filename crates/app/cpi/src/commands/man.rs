//! `cpi man`: the manual pages.

use crate::cli::Cli;
use crate::stdout;
use anyhow::Context as _;
use clap::{Args, CommandFactory};
use clap_mangen::Man;
use std::path::PathBuf;
use std::process::ExitCode;

/// Print the manual page, or write those of all commands into a folder.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cpi man | man -l -\n  cpi man --dir /usr/local/share/man/man1"
)]
pub struct Manual {
    /// The folder that the pages of all commands go to.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Manual {
    /// Prints or writes them.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.dir {
            Some(dir) => {
                clap_mangen::generate_to(Cli::command(), &dir)
                    .with_context(|| dir.display().to_string())?;
            }
            None => {
                let mut page = Vec::new();
                Man::new(Cli::command()).render(&mut page)?;
                stdout::write_all(&page)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
