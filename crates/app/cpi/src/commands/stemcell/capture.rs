//! `cpi stemcell capture`.

use crate::commands::person::{ProviderArgs, block_on};

use crate::{log, stdout};
use anyhow::{Context as _, bail};
use bosh_cpi::config::LogLevel;
use bosh_cpi::{CpiError, VmCid};
use clap::Args;
use cpi_kit::{Capture as Wanted, Captured, Sharing};
use cpi_runtime::Secrets;
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde_json::json;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use stemcell::output::{Output, Readers};
use stemcell::{Manifest, lighten};

/// Only CloudStack's provider captures VMs.
const FORMAT: &str = "cloudstack-light";

/// Make a stemcell of a VM: it is stopped, an image made of its root disk, and started again if
/// it ran; a light stemcell that names the image is written. If anything fails, the image goes
/// and the VM runs again.
///
/// Everything on the root disk is in the image: keys, certificates and the settings that an agent
/// has saved. Take a VM that was provisioned to be a stemcell, not one of a deployment; and tell
/// the director's resurrector to leave it alone (`bosh update-resurrection off`).
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi --config cpi.json stemcell capture 0b4e2c1e-… \
    --name my-ubuntu-noble --stemcell-version 1.1 --os ubuntu-noble --output light.tgz")]
pub struct Capture {
    /// The VM's CID: its id.
    #[arg(value_name = "VM")]
    vm: String,

    /// The stemcell's name.
    #[arg(long, value_name = "NAME")]
    name: String,

    /// The stemcell's version.
    #[arg(long, value_name = "VERSION")]
    stemcell_version: String,

    /// The operating system that deployments ask for, such as ubuntu-noble.
    #[arg(long, value_name = "OS")]
    os: String,

    /// Where to write the light stemcell.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,

    /// Let every account of the cloud use the image.
    #[arg(long)]
    public: bool,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    whose: ProviderArgs,
}

impl Capture {
    pub fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        if self.output.symlink_metadata().is_ok() {
            bail!("{} exists already", self.output.display());
        }
        let cloud = self.whose.target(config)?.provider;
        let wanted = Wanted {
            vm: VmCid::new(&self.vm).context("the VM's CID")?,
            note: format!("{} {}", self.name, self.stemcell_version),
            sharing: if self.public { Sharing::Public } else { Sharing::Own },
        };
        log::to_stderr(LogLevel::Info, Secrets::default());
        let spinner = spinner("capturing");
        let mut keep = |captured: &Captured| {
            self.write(captured).map_err(|error| CpiError::cpi(format!("{error:#}")))
        };
        block_on(async {
            let captured = match cloud.capture(&wanted, &mut keep).await {
                Ok(captured) => captured,
                Err(error) => {
                    self.remove_output();
                    return Err(error.into());
                }
            };
            spinner.finish_and_clear();
            match self.show(&captured) {
                Ok(()) => cloud.answer_was_written().await,
                Err(error) => {
                    self.remove_output();
                    cloud.answer_was_lost().await?;
                    return Err(error);
                }
            }
            Ok(ExitCode::SUCCESS)
        })
    }

    fn write(&self, captured: &Captured) -> anyhow::Result<()> {
        let properties = captured.cloud_properties.clone();
        let manifest =
            Manifest::light(&self.name, &self.stemcell_version, &self.os, FORMAT, properties);
        let mut output = Output::create(&self.output, Readers::Umask)?;
        lighten(&manifest, output.file())?;
        Ok(output.publish()?)
    }

    /// A stemcell whose image is gone is of no use.
    fn remove_output(&self) {
        if let Err(error) = std::fs::remove_file(&self.output) {
            tracing::debug!("{}: {error}", self.output.display());
        }
    }

    fn show(&self, captured: &Captured) -> anyhow::Result<()> {
        let path = self.output.display();
        if self.json {
            let told = json!({"image": captured.image, "output": self.output,
                "cloud_properties": captured.cloud_properties});
            return Ok(stdout::write_line(&format!("{told:#}"))?);
        }
        Ok(stdout::write_line(&format!(
            "image {}\n{path}: upload it with `bosh upload-stemcell {path}`",
            captured.image
        ))?)
    }
}

/// Nobody knows how long it takes.
fn spinner(what: &'static str) -> ProgressBar {
    let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    spinner.set_message(what);
    if std::io::stderr().is_terminal() {
        spinner.enable_steady_tick(Duration::from_millis(200));
    }
    spinner
}
