//! `cpi stemcell`: tools for stemcells as files.

mod capture;
mod config_drive;
mod convert;
mod inspect;
mod lighten;
mod patch;
mod publish;

use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stemcell::Target;

/// Look into stemcells, and make them fit CloudStack.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi stemcell inspect bosh-stemcell-1.1-openstack-kvm.tgz\n  \
    cpi stemcell patch bosh-stemcell-1.1-openstack-kvm.tgz --output patched.qcow2")]
pub struct Stemcell {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Inspect(inspect::Inspect),
    Patch(patch::Patch),
    Convert(convert::Convert),
    Lighten(lighten::Lighten),
    Publish(Box<publish::Publish>),
    Capture(Box<capture::Capture>),
    ConfigDrive(config_drive::WriteConfigDrive),
}

impl Stemcell {
    /// Does it.
    pub fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Inspect(inspect) => inspect.run(),
            Verb::Patch(patch) => patch.run(),
            Verb::Convert(convert) => convert.run(),
            Verb::Lighten(lighten) => lighten.run(config),
            Verb::Publish(publish) => publish.run(config),
            Verb::Capture(capture) => return capture.run(config),
            Verb::ConfigDrive(config_drive) => config_drive.run(),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A format that can be written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For KVM.
    Qcow2,
    /// The bytes of the disk.
    Raw,
    /// For XenServer and Hyper-V; it grows.
    Vhd,
    /// For XenServer and Hyper-V, of a fixed size.
    VhdFixed,
    /// A compressed VMDK.
    Vmdk,
    /// For VMware.
    Ova,
}

impl Format {
    fn target(self) -> Target {
        match self {
            Self::Qcow2 => Target::Qcow2,
            Self::Raw => Target::Raw,
            Self::Vhd => Target::VhdDynamic,
            Self::VhdFixed => Target::VhdFixed,
            Self::Vmdk => Target::VmdkStream,
            Self::Ova => Target::Ova,
        }
    }
}

/// A bar on standard error, if that is a terminal, for work of so many bytes.
fn bar(what: &'static str, bytes: u64) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
    let style = "{msg} {bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    bar.set_style(ProgressStyle::with_template(style)?);
    bar.set_message(what);
    Ok(bar)
}

fn size_of(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |data| data.len())
}

/// Where to unpack to: beside what is made, since there must be room for it there anyway.
fn scratch(output: Option<&Path>) -> PathBuf {
    let beside = output.and_then(Path::parent).filter(|dir| !dir.as_os_str().is_empty());
    match (beside, output) {
        (Some(dir), _) => dir.to_path_buf(),
        (None, Some(_)) => PathBuf::from("."),
        (None, None) => std::env::temp_dir(),
    }
}
