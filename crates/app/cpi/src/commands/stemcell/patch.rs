//! `cpi stemcell patch`.

use super::{bar, scratch, size_of};
use crate::stdout;
use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use stemcell::output::publish;
use stemcell::{AgentSettings, UnpackOptions, open, patch, unpack};

/// Make an official openstack stemcell's agent find its settings on CloudStack: its agent.json
/// is replaced, without root, mount or loop device.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    cpi stemcell patch bosh-stemcell-1.1-openstack-kvm-ubuntu-noble.tgz --output noble.qcow2")]
pub struct Patch {
    /// The stemcell, or an image in whatever wrapping; it stays as it is.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Where to write the patched image.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,

    /// An agent.json of your own instead of ours.
    #[arg(long, value_name = "FILE")]
    agent_json: Option<PathBuf>,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Patch {
    pub fn run(self) -> anyhow::Result<()> {
        if self.output.symlink_metadata().is_ok() {
            bail!("{} exists already", self.output.display());
        }
        let settings = match &self.agent_json {
            None => AgentSettings::CloudStack,
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
                AgentSettings::own(&text)?
            }
        };
        let bar = bar("unpacking", size_of(&self.file))?;
        let unpacked = unpack(
            open(&self.file)?,
            &scratch(Some(&self.output)),
            &UnpackOptions::default(),
            &mut |done| bar.set_position(done),
        );
        bar.finish_and_clear();
        let unpacked = unpacked?;
        let patched = patch(&unpacked.image, &settings)?;
        publish(unpacked.image, &self.output)?;
        let format = unpacked.format;
        if self.json {
            let report = json!({"output": self.output, "format": format,
                "partition": patched.partition, "file": patched.file,
                "before": patched.before, "after": patched.after});
            return Ok(stdout::write_line(&format!("{report:#}"))?);
        }
        let output = self.output.display();
        Ok(stdout::write_line(&format!(
            "{output}: {format}; {} on partition {} is now\n{}",
            patched.file, patched.partition, patched.after
        ))?)
    }
}
