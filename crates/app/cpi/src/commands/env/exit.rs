//! How a command on an environment ends: an exit code for each kind of end.

use bosh_manifest::variables::StoreError;
use create_env::document::DocumentError;
use create_env::manifest::InvalidManifest;
use create_env::state::StateError;
use create_env::{Error, ErrorKind};
use std::fmt;
use std::process::ExitCode;

/// Why a command ended before its end.
#[derive(Debug)]
pub struct Failure {
    /// Of which kind it is.
    pub kind: FailureKind,
    /// What a person reads.
    pub message: String,
}

/// The kinds of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// A file of this machine, or another run.
    Machine = 1,
    /// A flag or an argument.
    Usage = 2,
    /// The manifest, its files, releases, stemcell or certificates.
    Invalid = 3,
    /// Something would be lost, or a person said no.
    Refused = 4,
    /// The CPI.
    Cpi = 5,
    /// The agent.
    Agent = 6,
    /// Something took too long.
    Timeout = 7,
    /// Something is to be done, and was only asked for.
    Pending = 8,
    /// A signal.
    Interrupted = 130,
}

/// What each exit code means, for help and docs.
macro_rules! exit_codes {
    () => {
        "Exit codes:
  0    done, or nothing to do
  1    a file of this machine, or another run on the same environment
  2    a flag or an argument
  3    the manifest, a release, the stemcell or a certificate is invalid: nothing was changed
  4    data would be lost, or not confirmed: nothing was changed
  5    the CPI failed
  6    the agent failed, or cannot be reached
  7    the agent or the jobs took too long
  8    `env plan --check`: something is to be done
  130  interrupted: the state file says what is there"
    };
}
pub(super) use exit_codes;

impl FailureKind {
    /// The word for it in events.
    pub fn word(self) -> &'static str {
        match self {
            FailureKind::Machine => "machine",
            FailureKind::Usage => "usage",
            FailureKind::Invalid => "invalid",
            FailureKind::Refused => "refused",
            FailureKind::Cpi => "cpi",
            FailureKind::Agent => "agent",
            FailureKind::Timeout => "timeout",
            FailureKind::Pending => "pending",
            FailureKind::Interrupted => "interrupted",
        }
    }
}

impl Failure {
    /// A failure of a kind.
    pub fn new(kind: FailureKind, message: impl fmt::Display) -> Failure {
        Failure { kind, message: message.to_string() }
    }

    /// A file of this machine.
    pub fn machine(message: impl fmt::Display) -> Failure {
        Failure::new(FailureKind::Machine, message)
    }

    /// The exit code.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let kind = match error.kind() {
            ErrorKind::Validation => FailureKind::Invalid,
            ErrorKind::Refused => FailureKind::Refused,
            ErrorKind::Cpi => FailureKind::Cpi,
            ErrorKind::Agent => FailureKind::Agent,
            ErrorKind::Timeout => FailureKind::Timeout,
            ErrorKind::Interrupted => FailureKind::Interrupted,
            ErrorKind::Machine => FailureKind::Machine,
        };
        Failure::new(kind, error)
    }
}

impl From<DocumentError> for Failure {
    fn from(error: DocumentError) -> Failure {
        let kind = match error {
            DocumentError::Flag { .. } | DocumentError::Empty(_) => FailureKind::Usage,
            DocumentError::Io { .. } => FailureKind::Machine,
            _ => FailureKind::Invalid,
        };
        Failure::new(kind, error)
    }
}

impl From<InvalidManifest> for Failure {
    fn from(error: InvalidManifest) -> Failure {
        Failure::new(FailureKind::Invalid, error)
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Failure {
        Failure::machine(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::machine(error)
    }
}

impl From<bosh_agent::AgentError> for Failure {
    fn from(error: bosh_agent::AgentError) -> Failure {
        Error::from(error).into()
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::machine(format!("{error:#}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::machine(error)
    }
}
