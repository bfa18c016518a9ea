//! `cpi stemcell patch`.

use super::{Format, bar, scratch, size_of};
use crate::stdout;
use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use stemcell::output::publish;
use stemcell::{
    AgentSettings, ImageFormat, Patched, Target, UnpackOptions, Unpacked, convert, open, patch,
    unpack,
};

/// Make the agent of an official stemcell for OpenStack or vSphere find its settings on CloudStack:
/// its agent.json is replaced, without root, mount or loop device, and a service is added that
/// keeps the virtual router's address known.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    cpi stemcell patch bosh-stemcell-1.1-openstack-kvm-ubuntu-noble.tgz --output noble.qcow2\n  \
    cpi stemcell patch bosh-stemcell-1.1-openstack-kvm-ubuntu-noble.tgz --to vhd --output noble.vhd")]
pub struct Patch {
    /// The stemcell, or an image in whatever wrapping; it stays as it is.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Where to write the patched image.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,

    /// The format to write. Default: that of the image, and an OVA of a VMDK.
    #[arg(long, value_name = "FORMAT")]
    to: Option<Format>,

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
        let target = self.to.map_or_else(|| default_target(unpacked.format), Format::target);
        let (patched, format) = self.write(unpacked, &settings, target)?;
        if self.json {
            let report = json!({"output": self.output, "format": format,
                "partition": patched.partition, "file": patched.file,
                "services": patched.services, "before": patched.before, "after": patched.after});
            return Ok(stdout::write_line(&format!("{report:#}"))?);
        }
        let output = self.output.display();
        Ok(stdout::write_line(&format!(
            "{output}: {format}; {} on partition {} is now\n{}",
            patched.file, patched.partition, patched.after
        ))?)
    }

    /// Patches the image, and writes it in that format.
    fn write(
        &self,
        unpacked: Unpacked,
        settings: &AgentSettings,
        target: Target,
    ) -> anyhow::Result<(Patched, ImageFormat)> {
        if unpacked.format.is_patchable() {
            let patched = patch(&unpacked.image, settings)?;
            match target.format() == unpacked.format {
                true => publish(unpacked.image, &self.output)?,
                false => convert(&unpacked.image, &self.output, target, &mut |_| ())?,
            }
            return Ok((patched, target.format()));
        }
        let work = tempfile::Builder::new()
            .prefix(".stemcell-patch-")
            .tempdir_in(scratch(Some(&self.output)))?;
        let qcow2 = work.path().join("image");
        convert(&unpacked.image, &qcow2, Target::Qcow2, &mut |_| ())?;
        drop(unpacked);
        let patched = patch(&qcow2, settings)?;
        convert(&qcow2, &self.output, target, &mut |_| ())?;
        Ok((patched, target.format()))
    }
}

/// What an image becomes where nobody names a format.
fn default_target(format: ImageFormat) -> Target {
    match format {
        ImageFormat::Raw => Target::Raw,
        ImageFormat::VhdFixed => Target::VhdFixed,
        ImageFormat::VhdDynamic | ImageFormat::VhdDifferencing | ImageFormat::Vhdx => {
            Target::VhdDynamic
        }
        ImageFormat::VmdkSparse
        | ImageFormat::VmdkStream
        | ImageFormat::VmdkDescriptor
        | ImageFormat::Ova => Target::Ova,
        ImageFormat::Qcow2 | ImageFormat::Iso => Target::Qcow2,
    }
}
