//! Jobs, as clients see them.

use crate::engine::{Answer, Call, Command, Refusal, value};
use crate::state::Cloud;
use cloudstack::api::JobStatus;

/// The commands of this resource.
pub const COMMANDS: &[Command] =
    &[Command::sync("queryAsyncJobResult", query), Command::sync("listAsyncJobs", list)];

fn query(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = call.params.need("jobid")?;
    let job = cloud.jobs.get(id).ok_or_else(|| call.params.unknown_id("jobid", id))?;
    if !call.caller.is_admin() && job.caller.account != call.caller.account {
        return Err(Refusal::denied(format!("job {id} belongs to another account")));
    }
    Ok(Answer::Plain(value(job.view())))
}

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let mine = |owner: &str| call.caller.account == owner;
    let all = call.caller.is_admin() && call.params.flag("listall") == Some(true);
    let rows = cloud
        .jobs
        .iter()
        .filter(|job| all || mine(&job.caller.account))
        // Recorded: jobs that have ended are not listed.
        .filter(|job| job.status == JobStatus::Pending)
        .map(|job| value(job.view()));
    Ok(Answer::list("asyncjobs", rows))
}
