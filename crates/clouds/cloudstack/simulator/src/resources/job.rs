//! Jobs, as clients see them.

use crate::engine::FIRST_JOB as FIRST;
use crate::engine::{Answer, Call, Command, Refusal, value};
use crate::state::Cloud;

/// The commands of this resource.
pub const COMMANDS: &[Command] =
    &[Command::sync("queryAsyncJobResult", query), Command::sync("listAsyncJobs", list)];

fn query(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = call.params.need("jobid")?;
    // Recorded: a number is taken for the internal one. The first were the cloud's own.
    let number = id.parse::<u64>().ok();
    if !call.caller.is_admin() && number.is_some_and(|number| number < FIRST) {
        return Err(Refusal::denied(format!("not authorized to see job id={id}")));
    }
    let job = match number {
        Some(number) => cloud.jobs.numbered(number),
        None => cloud.jobs.get(id),
    };
    let job = job.ok_or_else(|| call.params.unknown_id("jobid", id))?;
    if !call.caller.is_admin() && job.caller.account != call.caller.account {
        return Err(Refusal::denied(format!("job {id} belongs to another account")));
    }
    Ok(Answer::Plain(value(job.view(&cloud.management_server))))
}

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let scope = cloud.scope(call)?;
    let word = call.params.text("keyword").map(str::to_lowercase);
    // Recorded: jobs that have ended are not listed.
    let rows = cloud
        .jobs
        .open_ones()
        .into_iter()
        .filter(|job| cloud.shows(&scope, &job.caller.account))
        .filter(|job| word.as_ref().is_none_or(|word| job.class.to_lowercase().contains(word)))
        .map(|job| value(job.view(&cloud.management_server)));
    Ok(Answer::list("asyncjobs", rows))
}
