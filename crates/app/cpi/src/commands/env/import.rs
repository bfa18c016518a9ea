//! `env import`: a state file for what is there.

use super::exit::{Failure, exit_codes};
use super::output::OutputArguments;
use bosh_cpi::{DiskCid, MiB, VmCid};
use clap::Args;
use create_env::State;
use create_env::state::{DiskRecord, StateFile, default_path, new_id};
use serde_json::Map;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write a state file for a VM and a disk that are there, where the state file was lost.
///
/// The next create-env replaces the VM, and keeps the disk's data: it moves to a new disk where
/// --disk-size is not given, since nobody knows then what the disk is like. The stemcell is
/// uploaded again. Nothing is asked of the cloud.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Example:\n  cpi env import bosh.yml --vm-cid 5f1c… --disk-cid 8d02… --disk-size 65536\n\n",
    exit_codes!()
))]
pub struct ImportEnv {
    /// The manifest; beside it is the state file, unless --state is given.
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,

    /// The state file, instead of MANIFEST-state.json beside the manifest. It must not exist.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// The VM's CID.
    #[arg(long, value_name = "CID", required_unless_present = "disk_cid")]
    vm_cid: Option<String>,

    /// The persistent disk's CID.
    #[arg(long, value_name = "CID")]
    disk_cid: Option<String>,

    /// The persistent disk's size in MiB, as the manifest has it.
    #[arg(long, value_name = "MIB", requires = "disk_cid")]
    disk_size: Option<u64>,

    /// The id by which the CPI knows the things of this environment (director_id).
    #[arg(long, value_name = "UUID")]
    director_id: Option<String>,

    #[command(flatten)]
    output: OutputArguments,
}

impl ImportEnv {
    /// Writes the state file.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let output = self.output.open()?;
        let outcome = self.import();
        if let Ok(path) = &outcome {
            output.say(&format!("Deployment state: '{}'", path.display()));
        }
        output.end(outcome.as_ref().map(drop));
        Ok(outcome.err().map_or(ExitCode::SUCCESS, |failure| failure.code()))
    }

    fn import(&self) -> Result<PathBuf, Failure> {
        let path = self.state.clone().unwrap_or_else(|| default_path(&self.manifest));
        let mut file = StateFile::open(&path)?;
        if file.load()?.is_some() {
            return Err(Failure::machine(format!("{}: exists already", path.display())));
        }
        let mut state = State {
            director_id: self.director_id.clone().unwrap_or_else(new_id),
            installation_id: new_id(),
            ..State::default()
        };
        let given = |cid: &Option<String>| cid.clone().filter(|cid| !cid.is_empty());
        state.current_vm_cid = given(&self.vm_cid).and_then(|cid| VmCid::new(cid).ok());
        if let Some(cid) = given(&self.disk_cid).and_then(|cid| DiskCid::new(cid).ok()) {
            let size = MiB(self.disk_size.unwrap_or(0));
            let disk = DiskRecord::new(cid, size, Map::new());
            state.current_disk_id = Some(disk.id.clone());
            state.disks.push(disk);
        }
        if state.is_empty() {
            return Err(Failure::new(
                super::exit::FailureKind::Usage,
                "--vm-cid or --disk-cid must not be empty",
            ));
        }
        file.save(&state)?;
        Ok(path)
    }
}
