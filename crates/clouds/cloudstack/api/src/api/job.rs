//! Asynchronous jobs.

use super::{Other, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Asks what became of a job.
#[derive(Debug, Clone, Default, Serialize)]
pub struct QueryAsyncJobResult {
    /// The job.
    pub jobid: String,
}

/// A job as `queryAsyncJobResult` tells it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct AsyncJob {
    /// The job.
    pub jobid: String,
    /// Pending, done or failed.
    pub jobstatus: JobStatus,
    /// 0, or the error code.
    #[serde(default)]
    pub jobresultcode: i64,
    /// The result or the error. Missing for a job whose management server was restarted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobresult: Option<Value>,
    /// The kind of what it works on: `VirtualMachine`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobinstancetype: Option<String>,
    /// What it works on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobinstanceid: Option<String>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Time>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Time>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// The state of a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub enum JobStatus {
    /// It runs, or waits to.
    #[default]
    Pending,
    /// It went well.
    Succeeded,
    /// It failed; what it was to do may be half done.
    Failed,
    /// It was given up.
    Cancelled,
}

impl From<i64> for JobStatus {
    fn from(status: i64) -> Self {
        match status {
            0 => Self::Pending,
            1 => Self::Succeeded,
            3 => Self::Cancelled,
            _ => Self::Failed,
        }
    }
}

impl From<JobStatus> for i64 {
    fn from(status: JobStatus) -> i64 {
        status as i64
    }
}

/// The `jobresult` of a failed job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobError {
    /// CloudStack's error code (530, 533 …).
    pub errorcode: i64,
    /// Its words.
    #[serde(default)]
    pub errortext: String,
}
