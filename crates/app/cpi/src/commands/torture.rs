//! `cpi torture`: the crash matrix on this CPI or another's.

use crate::{scratch, stdout, terminal};
use anyhow::{Context, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use trials::Subject;
use trials::cloud::Plugin;
use trials::torture::{Depth, Plan, Play, Report};

/// Kill and mislead a CPI at every API call of every method, and see what is left in the cloud.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi torture --method create_vm\n  \
    cpi torture --cpi '/opt/other/cpi --configPath {config}' --template other.json")]
pub struct Torture {
    /// On which cloud: cloudstack or softlayer.
    #[arg(long, value_name = "CLOUD", default_value_t)]
    cloud: Plugin,

    /// The CPI to try, with its arguments; {config} stands for its config's path. Default:
    /// this one.
    #[arg(long, value_name = "COMMAND")]
    cpi: Option<String>,

    /// That CPI's config, with {endpoint}, {api_key}, {secret_access_key} or {username},
    /// {state_dir} and "{timeout}" (seconds) where they belong. Default: a config of our form.
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,

    /// Which matrix: of crashes and lost answers, or of lists that are not true.
    #[arg(long, value_enum, default_value = "crash")]
    matrix: Matrix,

    /// Only this method; may be given several times.
    #[arg(long, value_name = "METHOD")]
    method: Vec<String>,

    /// Play each way to mangle an answer once for each command of a method, not at every call.
    #[arg(long)]
    quick: bool,

    /// How many cells at once.
    #[arg(long, value_name = "N", default_value_t = 8)]
    workers: usize,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Matrix {
    /// The CPI is killed, answers are lost or mangled, jobs fail.
    Crash,
    /// Lists are not true: filters ignored, foreign rows, rows that lag.
    Liar,
}

impl Torture {
    /// Runs the matrix; fails unless every cell is clean.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let subject = subject(self.cpi.as_deref(), self.template.as_deref())?;
        let (cloud, workers) = (self.cloud, self.workers);
        let depth = if self.quick { Depth::Quick } else { Depth::Every };
        let plan = Plan { cloud, subject, methods: self.method, depth, workers };
        let _scratch = scratch::folder("torture")?;
        let report = match self.matrix {
            Matrix::Crash => play(&plan, &plan.cells()?)?,
            Matrix::Liar => play(&plan, &plan.liar_cells()?)?,
        };
        if self.json {
            stdout::write_line(&serde_json::to_string_pretty(&report)?)?;
        } else {
            show(&report)?;
        }
        Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Runs cells, with a bar where standard error is a terminal.
fn play<C: Play>(plan: &Plan, cells: &[C]) -> anyhow::Result<Report> {
    if cells.is_empty() {
        bail!("nothing to run: {}", unknown_methods(plan));
    }
    let bar = ProgressBar::with_draw_target(Some(cells.len() as u64), ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed}")?);
    let report = plan.run(cells, |done| bar.set_position(done as u64));
    bar.finish_and_clear();
    Ok(report)
}

fn unknown_methods(plan: &Plan) -> String {
    let known: Vec<_> = bosh_cpi::METHODS.iter().map(|method| method.name).collect();
    let unknown = plan.methods.iter().filter(|name| !known.contains(&name.as_str()));
    let unknown: Vec<_> = unknown.map(|name| format!("'{name}'")).collect();
    match unknown.as_slice() {
        [] => "no scenario has these methods".to_owned(),
        names => format!("unknown method {}; methods are {}", names.join(", "), known.join(", ")),
    }
}

/// The CPI under trial: this one, unless another is named.
pub fn subject(command: Option<&str>, template: Option<&Path>) -> anyhow::Result<Subject> {
    let mut subject = Subject::ours(std::env::current_exe()?);
    if let Some(command) = command {
        let mut words = command.split_whitespace().map(str::to_owned);
        subject.program = words.next().context("--cpi: no command")?.into();
        subject.arguments = words.collect();
    }
    if let Some(path) = template {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        subject.config = Some(text);
    }
    Ok(subject)
}

fn show(report: &Report) -> anyhow::Result<()> {
    let mut table = terminal::table(&["method", "runs", "clean"]);
    for (method, (runs, clean)) in &report.methods {
        table.add_row([method.clone(), runs.to_string(), clean.to_string()]);
    }
    stdout::write_line(&terminal::text(&table))?;
    for finding in &report.findings {
        stdout::write_line(finding)?;
    }
    stdout::write_line(&report.summary())?;
    Ok(())
}
