//! `cpi demo`: a VM's life on an embedded cloud.

use crate::{scratch, stdout};
use anyhow::{Context, bail};
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use trials::cloud::{Pace, Plugin, World};

/// Watch what a director does for a VM with a persistent disk, on an embedded cloud.
///
/// Starts the simulator on a free loopback port, and this very program for each request, as a
/// director does. Succeeds only if all goes well and nothing is left in the cloud.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cpi demo --html demo.html\n  cpi demo --cloud softlayer")]
pub struct Demo {
    /// Which cloud: cloudstack or softlayer.
    #[arg(long, value_name = "CLOUD", default_value_t)]
    cloud: Plugin,

    /// Write a page with the timeline of CPI calls, API calls and job waits.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Print a report as JSON instead of the story.
    #[arg(long)]
    json: bool,

    /// Play in another cloud than the built-in one (see `cpi sim --print-world`).
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
}

impl Demo {
    /// Plays.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let program = std::env::current_exe().context("where is this program?")?;
        if let Some(path) = &self.html {
            check_folder_of(path)?;
        }
        let _scratch = scratch::folder("demo")?;
        let mut out = stdout::stream()?;
        let out: Option<&mut dyn Write> = if self.json { None } else { Some(&mut out) };
        let (world, pace) = self.world()?;
        let report = trials::demo::run(&program, &world, pace, out)?;
        if self.json {
            stdout::write_line(&report.to_json())?;
        }
        if let Some(path) = &self.html {
            let page = report.to_html();
            std::fs::write(path, page).with_context(|| path.display().to_string())?;
            eprintln!("The timeline is in {}", path.display());
        }
        Ok(if report.good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn world(&self) -> anyhow::Result<(World, Pace)> {
        let Some(path) = &self.world else {
            return Ok((World::builtin(self.cloud), Pace::Watched));
        };
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let world = World::from_yaml(self.cloud, &text);
        Ok((world.with_context(|| path.display().to_string())?, Pace::Own))
    }
}

/// What is played for half a minute must have a place to go to.
fn check_folder_of(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if path.is_dir() {
        bail!("--html {}: is a folder; name a file in it", path.display());
    }
    match folder {
        Some(folder) if !folder.is_dir() => {
            bail!("--html {}: the folder {} is not there", path.display(), folder.display())
        }
        _ => Ok(()),
    }
}
