//! What create-env says to an agent.
//!
//! Source: bosh-agent `agent/action/concrete_factory.go`; bosh-cli `agentclient/http/agent_client.go`.

use crate::{Agent, AgentError, ApplySpec, BlobRef, Failure, PackageSpec, Patience};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often an agent that boots is asked whether it is there.
const PING: Duration = Duration::from_millis(500);
const FIRST_PING: Duration = Duration::from_millis(20);

/// What an agent says of itself.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct AgentState {
    /// `running`, `failing`, `starting`, `stopped` and so on.
    #[serde(default)]
    pub job_state: String,
    /// The processes of its jobs; null where there are none.
    #[serde(default)]
    pub processes: Option<Vec<Process>>,
    /// All of the answer.
    #[serde(flatten)]
    pub whole: serde_json::Map<String, Value>,
}

/// A process that the agent watches.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Process {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// `running`, `failing`, `starting` and so on.
    #[serde(default)]
    pub state: String,
}

/// A package as the agent has compiled it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CompiledPackage {
    /// The blob, in the agent's store.
    pub blobstore_id: String,
    /// Its digest.
    pub sha1: String,
}

impl AgentState {
    /// The address in one of the VM's networks.
    pub fn address(&self, network: &str) -> Option<&str> {
        let ip = self.whole.get("networks")?.get(network)?.get("ip")?.as_str()?;
        (!ip.is_empty()).then_some(ip)
    }
}

impl Agent {
    /// Whether it answers.
    ///
    /// # Errors
    /// As [`Agent::ask`].
    pub fn ping(&self) -> Result<(), AgentError> {
        self.ask("ping", json!([])).map(drop)
    }

    /// Waits until it answers. `tried` is told what stands in the way, at each try. What cannot
    /// heal ends it at once.
    ///
    /// # Errors
    /// The last try's.
    pub fn wait(
        &self,
        patience: Patience<'_>,
        tried: &mut dyn FnMut(&AgentError),
    ) -> Result<(), AgentError> {
        let mut pause = FIRST_PING;
        loop {
            let error = match self.ping() {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            tried(&error);
            if error.is_final() {
                return Err(error);
            }
            match patience.pause(pause) {
                Ok(()) => pause = (pause * 2).min(PING),
                Err(Failure::Interrupted) => {
                    return Err(AgentError { failure: Failure::Interrupted, ..error });
                }
                Err(_) => return Err(error),
            }
        }
    }

    /// What it says of itself.
    ///
    /// # Errors
    /// As [`Agent::ask`]; `Invalid` for a state of another form.
    pub fn state(&self) -> Result<AgentState, AgentError> {
        let state = self.ask("get_state", json!([]))?;
        self.read("get_state", state)
    }

    /// The CIDs of the disks that are mounted.
    ///
    /// # Errors
    /// As [`Agent::state`].
    pub fn mounted_disks(&self) -> Result<Vec<String>, AgentError> {
        let disks = self.ask("list_disk", json!([]))?;
        self.read("list_disk", disks)
    }

    /// Starts the jobs.
    ///
    /// # Errors
    /// As [`Agent::ask`]; `Invalid` if it does not say "started".
    pub fn start(&self) -> Result<(), AgentError> {
        match self.ask("start", json!([]))? {
            value if value == "started" => Ok(()),
            value => Err(self.exchange("start").failed(Failure::Invalid(value.to_string()))),
        }
    }

    /// Stops the jobs.
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub fn stop(&self, patience: Patience<'_>) -> Result<(), AgentError> {
        self.run("stop", json!([]), patience).map(drop)
    }

    /// Asks the jobs to finish what they do, and waits as long as they want.
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub fn drain(&self, patience: Patience<'_>) -> Result<(), AgentError> {
        let mut arguments = json!(["shutdown", {}]);
        loop {
            let value = self.run("drain", arguments, patience)?;
            let seconds = value.as_i64().unwrap_or_default();
            let pause = Duration::from_secs(seconds.unsigned_abs());
            if !pause.is_zero() {
                patience.pause(pause).map_err(|failure| self.exchange("drain").failed(failure))?;
            }
            if seconds >= 0 {
                return Ok(());
            }
            arguments = json!(["status", {}]);
        }
    }

    /// Applies a spec.
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub fn apply(&self, spec: &ApplySpec, patience: Patience<'_>) -> Result<(), AgentError> {
        self.run("apply", json!([spec]), patience).map(drop)
    }

    /// Runs the jobs' scripts of this name: `pre-start`, `post-start`, `pre-stop`, `post-stop`.
    /// Agents that know no scripts have none.
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub fn run_script(&self, name: &str, patience: Patience<'_>) -> Result<(), AgentError> {
        known(self.run("run_script", json!([name, {}]), patience))
    }

    /// Compiles a package whose source it has.
    ///
    /// # Errors
    /// As [`Agent::run`]; `Invalid` for an answer of another form.
    pub fn compile_package(
        &self,
        source: &BlobRef,
        name: &str,
        fingerprint: &str,
        dependencies: &BTreeMap<String, PackageSpec>,
        patience: Patience<'_>,
    ) -> Result<CompiledPackage, AgentError> {
        let BlobRef { blobstore_id, sha1 } = source;
        let arguments = json!([blobstore_id, sha1, name, fingerprint, dependencies]);
        let value = self.run("compile_package", arguments, patience)?;
        self.read("compile_package", value.get("result").cloned().unwrap_or_default())
    }

    /// Tells where a disk is that was attached: `hint` is what the CPI answered.
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub fn add_persistent_disk(
        &self,
        disk: &str,
        hint: &Value,
        patience: Patience<'_>,
    ) -> Result<(), AgentError> {
        known(self.run("add_persistent_disk", json!([disk, hint]), patience))
    }

    /// Tells that a disk is going to be detached.
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub fn remove_persistent_disk(
        &self,
        disk: &str,
        patience: Patience<'_>,
    ) -> Result<(), AgentError> {
        known(self.run("remove_persistent_disk", json!([disk]), patience))
    }

    /// Mounts a disk; a blank one is formatted before.
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub fn mount_disk(&self, disk: &str, patience: Patience<'_>) -> Result<(), AgentError> {
        self.run("mount_disk", json!([disk]), patience).map(drop)
    }

    /// Unmounts a disk.
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub fn unmount_disk(&self, disk: &str, patience: Patience<'_>) -> Result<(), AgentError> {
        self.run("unmount_disk", json!([disk]), patience).map(drop)
    }

    /// Copies the disk that is mounted to the one that is mounted beside it, which takes its
    /// place.
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub fn migrate_disk(&self, patience: Patience<'_>) -> Result<(), AgentError> {
        self.run("migrate_disk", json!([]), patience).map(drop)
    }

    /// Has the agent pack the logs of its jobs into a blob; None where it cannot.
    ///
    /// # Errors
    /// As [`Agent::run`]; `Invalid` for an answer of another form.
    pub fn fetch_logs(&self, patience: Patience<'_>) -> Result<Option<BlobRef>, AgentError> {
        match self.run("fetch_logs", json!(["job", []]), patience) {
            Err(error) if error.is_unknown_message() => Ok(None),
            outcome => self.read("fetch_logs", outcome?).map(Some),
        }
    }

    fn read<T: serde::de::DeserializeOwned>(
        &self,
        method: &str,
        value: Value,
    ) -> Result<T, AgentError> {
        let invalid = |error: serde_json::Error| Failure::Invalid(error.to_string());
        serde_json::from_value(value).map_err(|error| self.exchange(method).failed(invalid(error)))
    }
}

/// A message that an older agent does not know is none that it needs.
fn known(outcome: Result<Value, AgentError>) -> Result<(), AgentError> {
    match outcome {
        Err(error) if !error.is_unknown_message() => Err(error),
        _ => Ok(()),
    }
}
