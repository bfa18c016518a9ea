//! `cpi rehearse`: what `bosh create-env` does with a manifest, without the CLI.

use super::torture::subject;
use crate::{scratch, stdout};
use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Map, Value};
use simulator_cloudstack::World;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use trials::rehearse::{Embedded, Manifest, Report, Variables, run};

/// Rehearse `bosh create-env`: create, recreate with a bigger disk, delete; one line each step.
///
/// Makes the calls and sends the messages of the CLI, in its order, to a CPI and to the agent in
/// the VM. Needs neither the CLI nor a release. Succeeds only if all goes well and nothing is
/// left.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi rehearse --embedded manifests/rehearsal.yml\n  \
    cpi rehearse bosh.yml --vars-file secrets.yml -v internal_ip=10.0.0.6")]
pub struct Rehearse {
    /// A create-env manifest.
    manifest: PathBuf,

    /// Rehearse on an embedded cloud, whose VMs have a built-in agent: its endpoint, keys and
    /// message bus are put in place of the manifest's.
    #[arg(long)]
    embedded: bool,

    /// Another embedded cloud than the built-in one.
    #[arg(long, value_name = "FILE", requires = "embedded")]
    world: Option<PathBuf>,

    /// A YAML file with values of variables; may be given several times. Secrets belong here.
    #[arg(long, value_name = "FILE")]
    vars_file: Vec<PathBuf>,

    /// The value of a variable; may be given several times.
    #[arg(short, long, value_name = "NAME=VALUE")]
    var: Vec<String>,

    /// The CPI to drive, with its arguments; {config} stands for its config's path. Default:
    /// this one.
    #[arg(long, value_name = "COMMAND")]
    cpi: Option<String>,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Rehearse {
    /// Rehearses.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let _scratch = scratch::folder("rehearse")?;
        let subject = subject(self.cpi.as_deref(), None)?;
        let embedded = self.embedded.then(|| Embedded::start(self.world()?)).transpose()?;
        let path = self.manifest.display().to_string();
        let text = std::fs::read_to_string(&self.manifest).with_context(|| path.clone())?;
        let manifest = Manifest::read(&text, self.variables()?, embedded.as_ref()).context(path)?;
        let mut out = stdout::stream()?;
        let out: Option<&mut dyn Write> = if self.json { None } else { Some(&mut out) };
        let report = run(&subject, &manifest, embedded.as_ref(), out)?;
        let end = if self.json { report.to_json() } else { ending(&report) };
        stdout::write_line(&end)?;
        Ok(if report.good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn variables(&self) -> anyhow::Result<Variables> {
        let mut variables = Variables::default();
        for path in &self.vars_file {
            let name = || path.display().to_string();
            let text = std::fs::read_to_string(path).with_context(name)?;
            variables.set_all(hash(&text).with_context(name)?);
        }
        for pair in &self.var {
            let Some((name, value)) = pair.split_once('=') else {
                bail!("-v: expected NAME=VALUE");
            };
            variables.set(name, value.into());
        }
        Ok(variables)
    }

    fn world(&self) -> anyhow::Result<World> {
        let Some(path) = &self.world else { return Ok(trials::demo::world()) };
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        World::from_yaml(&text).with_context(|| path.display().to_string())
    }
}

fn hash(text: &str) -> anyhow::Result<Map<String, Value>> {
    // The reader's words could quote a secret.
    let read = serde_saphyr::from_str(text);
    read.map_err(|_| anyhow::anyhow!("expected a YAML hash of variables"))
}

fn ending(report: &Report) -> String {
    let failure = report.failure.as_ref().map(|failure| format!("✗ broke off: {failure}\n"));
    let left = match report.left.as_deref() {
        None => "The CPI finds neither VM nor disk any more.".to_owned(),
        Some([]) => "Left in the cloud: nothing.".to_owned(),
        Some(things) => {
            let things: Vec<String> = things.iter().map(ToString::to_string).collect();
            format!("Left in the cloud: {}.", things.join(", "))
        }
    };
    let left = if report.failure.is_some() && report.left.is_none() { String::new() } else { left };
    failure.unwrap_or_default() + &left
}
