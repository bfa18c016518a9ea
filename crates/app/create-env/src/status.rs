//! What is there of an environment: the state file, and what the agent says.

use crate::environment::Environment;
use crate::error::Error;
use crate::instance::Instance;
use crate::state::{Change, Section, State, view};
use bosh_agent::{Agent, Process};
use serde::Serialize;

/// What is there of an environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// The VM's CID.
    pub vm: Option<String>,
    /// The stemcells: CID, name and version, and whether the VM has it.
    pub stemcells: Vec<StemcellStatus>,
    /// The persistent disks: CID, size in MiB, and whether it holds the data.
    pub disks: Vec<DiskStatus>,
    /// The releases that are deployed: name and version.
    pub releases: Vec<(String, String)>,
    /// Whether the last run came to its end with this very manifest.
    pub is_current: bool,
    /// A change that an earlier run was about to make when it ended.
    pub pending: Option<Change>,
    /// Changes of which nobody knows what became.
    pub unknown: Vec<Change>,
    /// What the agent says; why it could not be asked.
    pub agent: Result<AgentStatus, String>,
}

/// A stemcell in the cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StemcellStatus {
    /// Its CID.
    pub cid: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Whether the VM was made from it.
    pub is_current: bool,
}

/// A persistent disk in the cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiskStatus {
    /// Its CID.
    pub cid: String,
    /// Its size in MiB; 0 where nobody knows it.
    pub size: u64,
    /// Whether it holds the data.
    pub is_current: bool,
}

/// What an agent says of its VM.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgentStatus {
    /// `running`, `failing`, `stopped` and so on.
    pub job_state: String,
    /// The processes: name and state.
    pub processes: Vec<(String, String)>,
    /// The disks that are mounted.
    pub mounted: Vec<String>,
}

/// What is there. The state file is read, not locked; the agent is asked once.
///
/// # Errors
/// `NoEnvironment` without a state file; one that cannot be read.
pub fn status(environment: &Environment<'_>) -> Result<Status, Error> {
    let missing = || Error::NoEnvironment(environment.state.to_owned());
    let state = view(environment.state)?.ok_or_else(missing)?;
    let section = Section::of(&state);
    let agent = match &state.current_vm_cid {
        None => Err("there is no VM".to_owned()),
        Some(_) => ask(environment, &state).map_err(|error| error.to_string()),
    };
    Ok(Status {
        vm: state.current_vm_cid.as_ref().map(|cid| cid.as_str().to_owned()),
        stemcells: stemcells(&state),
        disks: disks(&state),
        releases: state
            .releases
            .iter()
            .map(|release| (release.name.clone(), release.version.clone()))
            .collect(),
        is_current: state.current_manifest_sha.as_deref() == Some(environment.manifest_sha),
        pending: section.pending,
        unknown: section.unknown,
        agent,
    })
}

fn stemcells(state: &State) -> Vec<StemcellStatus> {
    let current = state.current_stemcell_id.as_ref();
    let status = |stemcell: &crate::state::StemcellRecord| StemcellStatus {
        cid: stemcell.cid.as_str().to_owned(),
        name: stemcell.name.clone(),
        version: stemcell.version.clone(),
        is_current: Some(&stemcell.id) == current,
    };
    state.stemcells.iter().map(status).collect()
}

fn disks(state: &State) -> Vec<DiskStatus> {
    let current = state.current_disk_id.as_ref();
    let status = |disk: &crate::state::DiskRecord| DiskStatus {
        cid: disk.cid.as_str().to_owned(),
        size: disk.size.0,
        is_current: Some(&disk.id) == current,
    };
    state.disks.iter().map(status).collect()
}

fn ask(environment: &Environment<'_>, state: &State) -> Result<AgentStatus, Error> {
    let instance = Instance::new(environment, &state.director_id)?;
    let found = instance.say("get_state", Agent::state)?;
    let mounted = instance.say("list_disk", Agent::mounted_disks)?;
    let owned = |Process { name, state }: Process| (name, state);
    let processes = found.processes.unwrap_or_default().into_iter().map(owned).collect();
    Ok(AgentStatus { job_state: found.job_state, processes, mounted })
}
