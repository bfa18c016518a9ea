//! What can end a run.

use crate::cpi::CpiFailure;
use crate::state::StateError;
use bosh_agent::{AgentError, CertificateProblem, Process};
use bosh_release::ReleaseError;
use std::io;
use std::path::PathBuf;

/// What can end a run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The state file.
    #[error(transparent)]
    State(#[from] StateError),
    /// A release, a download, or a template.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// Something of the manifest that only shows beside releases and stemcell.
    #[error("{path}: {message}")]
    Invalid {
        /// Where in the manifest.
        path: String,
        /// What is wrong, and what to do.
        message: String,
    },
    /// The agent's certificate would not be trusted.
    #[error(transparent)]
    Certificate(#[from] CertificateProblem),
    /// A stemcell tarball.
    #[error("stemcell {stemcell}: {reason}")]
    Stemcell {
        /// Which.
        stemcell: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A package of the CPI's release does not compile on this machine.
    #[error("package '{package}' of the CPI does not compile: {reason}")]
    Compilation {
        /// Which.
        package: String,
        /// The command's words.
        reason: String,
    },
    /// Something would be lost, and nobody said that it may be.
    #[error("{0}")]
    Refused(String),
    /// The person said no.
    #[error("not confirmed: nothing was changed")]
    NotConfirmed,
    /// The CPI.
    #[error(transparent)]
    Cpi(#[from] CpiFailure),
    /// The agent.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The jobs do not run.
    #[error("the jobs do not run: their state is '{state}'{}{}", listed(.processes), tails(.logs))]
    NotRunning {
        /// The state of all.
        state: String,
        /// The processes.
        processes: Vec<Process>,
        /// The ends of the logs of those that do not run: the file, and its last lines.
        logs: Vec<(String, String)>,
    },
    /// The state file knows of no environment.
    #[error("{}: no environment is known here: the state file does not exist", .0.display())]
    NoEnvironment(PathBuf),
    /// A file.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Somebody wanted the run to end. What is there is in the state file.
    #[error("interrupted")]
    Interrupted,
}

/// The kinds of errors, for exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Manifest, releases, stemcell, certificates: nothing was touched.
    Validation,
    /// A flag or an answer is missing: nothing was touched.
    Refused,
    /// The CPI failed.
    Cpi,
    /// The agent failed, or cannot be reached.
    Agent,
    /// Something took too long.
    Timeout,
    /// Somebody wanted the run to end.
    Interrupted,
    /// Another run, or a file of this machine.
    Machine,
}

impl Error {
    /// Of which kind it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid { .. }
            | Self::Release(_)
            | Self::Certificate(_)
            | Self::Stemcell { .. }
            | Self::Compilation { .. }
            | Self::NoEnvironment(_) => ErrorKind::Validation,
            Self::Refused(_) | Self::NotConfirmed => ErrorKind::Refused,
            Self::Cpi(_) => ErrorKind::Cpi,
            Self::Agent(error) if error.is_interruption() => ErrorKind::Interrupted,
            Self::Agent(error) if matches!(error.failure, bosh_agent::Failure::TimedOut) => {
                ErrorKind::Timeout
            }
            Self::Agent(_) => ErrorKind::Agent,
            Self::NotRunning { .. } => ErrorKind::Timeout,
            Self::Interrupted => ErrorKind::Interrupted,
            Self::State(_) | Self::File { .. } => ErrorKind::Machine,
        }
    }

    /// For `map_err`.
    pub(crate) fn file(path: &std::path::Path) -> impl Fn(io::Error) -> Self + '_ {
        |error| Self::File { path: path.to_owned(), error }
    }
}

fn listed(processes: &[Process]) -> String {
    processes.iter().map(|it| format!("\n- process '{}': {}", it.name, it.state)).collect()
}

fn tails(logs: &[(String, String)]) -> String {
    let indented = |lines: &String| lines.replace('\n', "\n    ");
    logs.iter().map(|(file, lines)| format!("\n- {file}:\n    {}", indented(lines))).collect()
}
