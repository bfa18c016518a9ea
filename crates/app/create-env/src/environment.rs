//! What a run works on, and how.

use crate::Manifest;
use crate::event::{Reporter, Steps};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What every verb needs: an environment, the CPI that makes it, and who is told.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// The manifest, checked.
    pub manifest: &'a Manifest,
    /// Where it is: the state of the Ruby tool may stand beside it.
    pub manifest_path: &'a Path,
    /// SHA-512 of the interpolated manifest as the CLI marshals it, in hex.
    pub manifest_sha: &'a str,
    /// The state file.
    pub state: &'a Path,
    /// `$HOME/.bosh`: downloads, installations and compiled packages.
    pub home: &'a Path,
    /// Where the CPI comes from.
    pub cpi: &'a CpiSource,
    /// How.
    pub options: &'a Options,
    /// Who is told.
    pub reporter: &'a dyn Reporter,
    /// Whether somebody wants the run to end: the step that is running is, and no other begins.
    pub stopped: &'a dyn Fn() -> bool,
}

/// Where the CPI comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CpiSource {
    /// From the release that the manifest names, compiled and installed here.
    Release,
    /// A program on this machine, with its arguments; `{config}` in them stands for the path of a
    /// config that is made of `cloud_provider.properties`.
    Command {
        /// The program.
        program: PathBuf,
        /// Its arguments.
        arguments: Vec<String>,
        /// `cloud.plugin` of the config; None for the name of the cloud's properties.
        plugin: Option<String>,
    },
}

/// How a run goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Make a new VM though nothing says that it is needed.
    pub recreate: bool,
    /// Move the data to a new disk though nothing says that it is needed.
    pub recreate_disks: bool,
    /// Do not drain.
    pub skip_drain: bool,
    /// A smaller disk is wanted: the data may not fit.
    pub allow_smaller_disk: bool,
    /// The disk is no longer wanted: its data is deleted.
    pub allow_disk_deletion: bool,
    /// Leave the disk in the cloud when the environment is deleted.
    pub keep_disks: bool,
    /// Where the CPI's packages are laid out, in place of the installation's folder.
    pub package_dir: Option<PathBuf>,
    /// The program that renders templates.
    pub ruby: PathBuf,
    /// Where the VM's agent is reached through: `socks5://host:port`.
    pub proxy: Option<String>,
    /// How long a new VM may take until its agent answers.
    pub agent_timeout: Duration,
    /// How long to wait for the agent of a VM that is going to be stopped or deleted.
    pub reach_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            recreate: false,
            recreate_disks: false,
            skip_drain: false,
            allow_smaller_disk: false,
            allow_disk_deletion: false,
            keep_disks: false,
            package_dir: None,
            ruby: "ruby".into(),
            proxy: None,
            agent_timeout: Duration::from_secs(600),
            reach_timeout: Duration::from_secs(10),
        }
    }
}

impl<'a> Environment<'a> {
    pub(crate) fn steps(&self) -> Steps<'a> {
        Steps { reporter: self.reporter, stopped: self.stopped }
    }

    /// Where downloads are kept, as the CLI does.
    pub(crate) fn downloads(&self) -> PathBuf {
        self.home.join("downloads")
    }

    /// The folder of the local installation.
    pub(crate) fn installation(&self, id: &str) -> PathBuf {
        self.home.join("installations").join(id)
    }
}
