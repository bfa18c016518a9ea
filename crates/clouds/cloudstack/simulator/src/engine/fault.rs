//! Faults that strike jobs, and not only calls. The others are every simulator's.

use super::{Job, Refusal, Reply, Request};
use crate::Shared;
use serde_json::Value;

pub use simulator_kit::fault::{Fault, FaultKind, Faults, When};
pub use simulator_kit::inject::{Struck, answer, strike};

/// The fault that the job of the call that is being answered meets.
#[derive(Debug, Clone, Default)]
pub struct BrokenJob(Option<(FaultKind, When)>);

impl BrokenJob {
    /// Lets a job that starts now fail, if the call that starts it met such a fault.
    pub(crate) fn on(&self, job: Job) -> Job {
        match self.0 {
            Some((FaultKind::JobFailure, When::After)) => job.then_fails(failure()),
            Some((FaultKind::JobFailure | FaultKind::JobPurged, When::Before)) => {
                job.only_fails(failure())
            }
            _ => job,
        }
    }
}

fn failure() -> Refusal {
    Refusal::internal("the job failed, as a fault of the world wants it")
}

/// Answers a request whose job fails, or is forgotten.
pub(crate) fn answer_with_broken_job(
    shared: &Shared,
    request: &Request,
    kind: FaultKind,
    when: When,
) -> Reply {
    let mut cloud = shared.cloud();
    cloud.broken_job = BrokenJob(Some((kind.clone(), when)));
    let reply = cloud.answer(request);
    cloud.broken_job = BrokenJob::default();
    if kind == FaultKind::JobPurged
        && let Some(job) = job_of(&reply)
    {
        cloud.jobs.purge(&job);
    }
    reply
}

fn job_of(reply: &Reply) -> Option<String> {
    let body: Value = serde_json::from_str(&reply.body).ok()?;
    let (_, answer) = body.as_object()?.iter().next()?;
    answer.get("jobid")?.as_str().map(str::to_owned)
}
