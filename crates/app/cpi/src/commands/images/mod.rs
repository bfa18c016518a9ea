//! `cpi images`: the image server.

mod serve;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Serve images, so that a cloud can fetch them.
#[derive(Debug, Args)]
#[command(after_help = serve::EXAMPLE)]
pub struct Images {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Serve(Box<serve::Serve>),
}

impl Images {
    /// Does it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Serve(serve) => serve.run(),
        }
    }
}
