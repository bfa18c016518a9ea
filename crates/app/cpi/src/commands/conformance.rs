//! `cpi conformance`: what BOSH expects of a CPI, checked from outside.

use super::torture::subject;
use crate::{scratch, stdout};
use anyhow::{Context, bail};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use trials::cloud::{Plugin, World};
use trials::conformance::{Verdict, checks, junit};

/// Check a CPI against what directors, the CLI and other CPIs' suites expect; one line each.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi conformance --junit conformance.xml\n  \
    cpi conformance --only D --cpi '/opt/other/cpi --configPath {config}' --template other.json")]
pub struct Conformance {
    /// On which cloud: cloudstack or softlayer.
    #[arg(long, value_name = "CLOUD", default_value_t)]
    cloud: Plugin,

    /// The CPI to check, with its arguments; {config} stands for its config's path. Default:
    /// this one.
    #[arg(long, value_name = "COMMAND")]
    cpi: Option<String>,

    /// That CPI's config, with {endpoint}, {api_key}, {secret_access_key} or {username},
    /// {state_dir} and "{timeout}" (seconds) where they belong. Default: a config of our form.
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,

    /// The world to check it in. Default: the built-in one.
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,

    /// Only checks whose number begins so: V, D2 …
    #[arg(long, value_name = "PREFIX")]
    only: Option<String>,

    /// Write JUnit XML too.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Conformance {
    /// Runs the suite; fails unless every check holds.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let subject = subject(self.cpi.as_deref(), self.template.as_deref())?;
        let world = self.world()?;
        let only = self.only.unwrap_or_default();
        if !checks().iter().any(|check| check.id.starts_with(&only)) {
            let known: Vec<_> = checks().iter().map(|check| check.id).collect();
            bail!("--only {only}: no check's number begins so; they are {}", known.join(", "));
        }
        let _scratch = scratch::folder("conformance")?;
        let mut verdicts = Vec::new();
        for check in checks().iter().filter(|check| check.id.starts_with(&only)) {
            let verdict = check.run(&subject, &world);
            if !self.json {
                stdout::write_line(&line(&verdict))?;
            }
            verdicts.push(verdict);
        }
        if let Some(path) = &self.junit {
            std::fs::write(path, junit(&verdicts)).with_context(|| path.display().to_string())?;
        }
        let failed = verdicts.iter().filter(|verdict| verdict.fault.is_some()).count();
        if self.json {
            stdout::write_line(&serde_json::to_string_pretty(&verdicts)?)?;
        } else {
            stdout::write_line(&format!("{} passed, {failed} failed", verdicts.len() - failed))?;
        }
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn world(&self) -> anyhow::Result<World> {
        let Some(path) = &self.world else { return Ok(World::builtin(self.cloud)) };
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        World::from_yaml(self.cloud, &text).with_context(|| path.display().to_string())
    }
}

fn line(verdict: &Verdict) -> String {
    let Verdict { id, what, fault, .. } = verdict;
    match fault {
        None => format!("{id:<4} ok      {what}"),
        Some(fault) => format!("{id:<4} FAILED  {what}\n             {fault}"),
    }
}
