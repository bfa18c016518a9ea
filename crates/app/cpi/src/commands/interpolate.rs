//! `cpi interpolate`: a manifest with its operations done and its variables put in.

use super::document::ChangeArguments;
use crate::stdout;
use anyhow::Context as _;
use bosh_manifest::operations::{Path as ValuePath, find};
use bosh_manifest::variables::Checks;
use bosh_manifest::{Value, yaml};
use clap::Args;
use create_env::document;
use std::path::PathBuf;
use std::process::ExitCode;

/// Print a manifest with its operations done and its variables put in, as `bosh int` does.
///
/// Placeholders of variables without a value stay, unless --var-errs is given. What is generated
/// goes to --vars-store; without it, nothing is generated.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cpi int bosh.yml -o cpi.yml -l vars.yml --vars-store creds.yml\n  \
    cpi int creds.yml --path /jumpbox_ssh/private_key"
)]
pub struct Interpolate {
    /// The manifest; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    changes: ChangeArguments,

    /// Print only what is at this path, such as /cloud_provider/mbus. Text is printed as it is.
    #[arg(long, value_name = "PATH")]
    path: Option<String>,

    /// Fail if a variable has no value; all of them are named.
    #[arg(long)]
    var_errs: bool,

    /// Fail if a variable is given and not used; all of them are named.
    #[arg(long)]
    var_errs_unused: bool,
}

impl Interpolate {
    /// Prints the manifest.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let path = self.path.as_deref().map(ValuePath::parse).transpose().context("--path")?;
        let checks = Checks { missing: self.var_errs, unused: self.var_errs_unused };
        let document = document::read(&self.file, &self.changes.changes(), checks)?;
        let text = match path {
            None => yaml::write(&document),
            Some(path) => match find(&document, &path).context("--path")? {
                Value::String(text) if !path.tokens().is_empty() => text + "\n",
                value => yaml::write(&value),
            },
        };
        stdout::write_all(text.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
