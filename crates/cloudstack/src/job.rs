//! Jobs: when to ask for one, and what became of it.

use crate::answer::job_fault;
use crate::api::{AsyncJob, JobStatus};
use crate::error::{Error, JobLoss, Refusal};
use cloud_http::Effect;
use serde::de::DeserializeOwned;
use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// The pause before the next poll of a job that has been waited for so long: an eighth of that
/// time, so that waiting adds some 12 % at most to any job, whether it takes 0.2 s or 20 min.
pub fn pause(waited: Duration) -> Duration {
    (waited / 8).clamp(SHORTEST, LONGEST)
}

/// The pause with jitter, so that many processes do not ask in step.
pub(crate) fn jittered(waited: Duration) -> Duration {
    let factor = 0.95 + 0.1 * fastrand::f64();
    pause(waited).mul_f64(factor).clamp(SHORTEST, LONGEST)
}

/// What a poll told; None while the job runs.
pub(crate) fn ended<T: DeserializeOwned>(
    job: AsyncJob,
    command: &'static str,
    effect: Effect,
) -> Option<Result<T, Error>> {
    let fault = job.jobresult.as_ref().and_then(job_fault);
    let lost = |why| Error::JobLost { command, job: job.jobid.clone(), why };
    let refused = |fault| Error::Refused(Box::new(Refusal::of_job(command, effect, fault)));
    Some(match (job.jobstatus, fault, job.jobresult) {
        (JobStatus::Pending, _, _) => return None,
        (_, Some(fault), _) => Err(refused(fault)),
        (JobStatus::Succeeded, None, Some(result)) => serde_json::from_value(result)
            .map_err(|e| Error::Odd { command, reason: format!("jobresult: {e}") }),
        (JobStatus::Cancelled, None, _) => Err(lost(JobLoss::Cancelled)),
        (_, None, _) => Err(lost(JobLoss::NoResult)),
    })
}
