//! The log of commands that are no call of a director.

use bosh_cpi::config::LogLevel;
use cpi_runtime::Secrets;
use cpi_runtime::log::{LogOutput, plain};

/// Sends every event of the process to standard error.
pub fn to_stderr(level: LogLevel, secrets: Secrets) {
    let log = plain(level, secrets, LogOutput::Stderr);
    // Only a second call in one process could fail here, and there is none.
    let _ = tracing::dispatcher::set_global_default(log);
}
