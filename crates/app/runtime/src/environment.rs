//! What a call takes from the process around it, said once and passed on.

use crate::log::LogOutput;
use std::path::PathBuf;

/// The folder of a VM's persistent disk, on which a director keeps its own state too.
const STORE: &str = "/var/vcap/store";

/// What a call takes from the process around it.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The folder of BOSH's VMs for what outlives a VM.
    pub store: PathBuf,
    /// The home folder of the user who runs the CPI.
    pub home: Option<PathBuf>,
    /// Where the log goes.
    pub log: LogOutput,
}

impl Environment {
    /// That of this process: its `HOME`, and standard error for the log.
    pub fn of_process() -> Self {
        Self {
            store: STORE.into(),
            home: std::env::var_os("HOME").map(PathBuf::from),
            log: LogOutput::Stderr,
        }
    }
}
