//! What `cpi demo` and its like say in a build without the feature `lab`.

use anyhow::bail;
use clap::Args;
use std::process::ExitCode;

/// Not part of this build: embedded clouds come with a build from source.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo run --release -- demo")]
pub struct LabAbsent {
    /// Whatever the command takes.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    arguments: Vec<String>,
}

impl LabAbsent {
    /// Says so.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let name = std::env::args().nth(1).unwrap_or_default();
        bail!(
            "{name} is not part of this build: the release's binary has no embedded clouds. \
             Build the CPI from source: cargo run --release -- {name}"
        )
    }
}
