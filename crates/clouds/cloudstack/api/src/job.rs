//! Jobs: what became of one.

use crate::answer::{Fault, job_fault};
use crate::api::{AsyncJob, JobStatus};
use crate::error::JobLoss;
use serde_json::Value;

/// How a job ended.
#[derive(Debug)]
pub(crate) enum End {
    /// Well, with this result.
    Good(Value),
    /// With an error.
    Failed(Fault),
    /// In a way that tells nothing of its effect.
    Lost(JobLoss),
}

/// What a poll told; None while the job runs.
pub(crate) fn end(job: AsyncJob) -> Option<End> {
    let fault = job.jobresult.as_ref().and_then(job_fault);
    Some(match (job.jobstatus, fault, job.jobresult) {
        (JobStatus::Pending, _, _) => return None,
        (_, Some(fault), _) => End::Failed(fault),
        (JobStatus::Succeeded, None, Some(result)) => End::Good(result),
        (JobStatus::Cancelled, None, _) => End::Lost(JobLoss::Cancelled),
        (_, None, _) => End::Lost(JobLoss::NoResult),
    })
}
