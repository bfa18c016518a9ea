//! The arguments of all commands on an environment.

use super::output::OutputArguments;
use crate::commands::document::ChangeArguments;
use crate::commands::person::parse_age;
use clap::Args;
use create_env::Options;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Which environment, and over which CPI.
#[derive(Debug, Clone, Args)]
pub struct EnvironmentArguments {
    /// The manifest.
    #[arg(value_name = "MANIFEST")]
    pub manifest: PathBuf,

    #[command(flatten)]
    pub changes: ChangeArguments,

    /// The state file, instead of MANIFEST-state.json beside the manifest.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,

    /// The CPI: 'release' for the one of the manifest's release, compiled here; 'builtin' for
    /// this program; else a command, in which {config} stands for its config's path, made of
    /// cloud_provider.properties. Default: builtin if the manifest's CPI job is one of ours.
    #[arg(long, value_name = "CPI")]
    pub cpi: Option<String>,

    /// Use an embedded cloud, whose VMs have a built-in agent, in place of the manifest's cloud.
    /// It runs until delete-env. State and variables are kept under ~/.bosh/embedded.
    #[cfg_attr(feature = "lab", arg(long))]
    #[cfg_attr(not(feature = "lab"), arg(skip))]
    pub embedded: bool,

    /// How long to wait for the agent of a VM that is stopped or deleted, such as 30s.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_age)]
    pub reach_timeout: Duration,

    #[command(flatten)]
    pub output: OutputArguments,
}

/// How an environment is made. All of these make sense for `env plan` as well.
#[derive(Debug, Clone, Args)]
pub struct CreateArguments {
    /// Make a new VM though nothing has changed.
    #[arg(long)]
    pub recreate: bool,

    /// Move the data to a new persistent disk though nothing has changed.
    #[arg(long)]
    pub recreate_persistent_disks: bool,

    /// Let the persistent disk become smaller: its data may not fit.
    #[arg(long)]
    pub allow_smaller_disk: bool,

    /// Delete the persistent disk with its data, where the manifest has none any more.
    #[arg(long)]
    pub allow_disk_deletion: bool,

    /// How long a new VM may take until its agent answers, such as 15m.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = parse_age)]
    pub agent_timeout: Duration,

    /// The Ruby that renders templates.
    #[arg(long, value_name = "PROGRAM", default_value = "ruby")]
    pub ruby: PathBuf,

    #[command(flatten)]
    pub stopping: StopArguments,
}

/// How a VM's jobs are stopped.
#[derive(Debug, Clone, Default, Args)]
pub struct StopArguments {
    /// Do not run the jobs' drain scripts.
    #[arg(long)]
    pub skip_drain: bool,
}

/// Where the CPI of a release is installed.
#[derive(Debug, Clone, Default, Args)]
pub struct InstallArguments {
    /// Lay out the packages of the CPI's release here, instead of under ~/.bosh/installations.
    #[arg(long, value_name = "FOLDER")]
    pub package_dir: Option<PathBuf>,
}

impl CreateArguments {
    /// Adds them to the options.
    pub fn put(&self, options: &mut Options) {
        options.recreate = self.recreate;
        options.recreate_disks = self.recreate_persistent_disks;
        options.allow_smaller_disk = self.allow_smaller_disk;
        options.allow_disk_deletion = self.allow_disk_deletion;
        options.agent_timeout = self.agent_timeout;
        options.ruby.clone_from(&self.ruby);
        options.skip_drain = self.stopping.skip_drain;
    }
}

impl EnvironmentArguments {
    /// The state file of the manifest's cloud.
    pub fn state_path(&self) -> PathBuf {
        match &self.state {
            Some(path) => path.clone(),
            None => create_env::state::default_path(&self.manifest),
        }
    }

    /// The manifest as an absolute path, for people.
    pub fn manifest_path(&self) -> PathBuf {
        std::path::absolute(&self.manifest).unwrap_or_else(|_| self.manifest.clone())
    }
}

/// The folder that `file://…` of a manifest is relative to.
pub fn folder_of(manifest: &Path) -> &Path {
    match manifest.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
