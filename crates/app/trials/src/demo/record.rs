//! What was seen of each call: from the driver's side and from the cloud's.

use serde::Serialize;
use serde_json::Value;
use simulator_kit::CallRecord;

/// The API call with which the CPI waits for a job.
const POLL: &str = "queryAsyncJobResult";

/// One CPI call, with the `info` that a director sends before it.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// The method.
    pub method: String,
    /// What it is for, in the story.
    pub about: String,
    /// The arguments.
    pub arguments: Value,
    /// The result; null where the method failed.
    pub result: Value,
    /// Why it failed, or what was wrong with its result.
    pub error: Option<String>,
    /// The answer's line for the log.
    pub log: String,
    /// Seconds from the story's beginning to the start of the process.
    pub start: f64,
    /// Seconds from the start of the process to its end.
    pub took: f64,
    /// Seconds that the `info` before it took.
    pub info_took: f64,
    /// What it asked the cloud.
    pub calls: Vec<ApiCall>,
}

/// One API call as the cloud saw it.
#[derive(Debug, Clone, Serialize)]
pub struct ApiCall {
    /// The command.
    pub command: String,
    /// Its parameters, without secrets.
    pub params: Vec<(String, String)>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// Why it was refused.
    pub error: Option<String>,
    /// Seconds from the story's beginning.
    pub start: f64,
    /// Seconds until it was answered.
    pub took: f64,
    /// The wait for the job that it started, or for a change, where it was asked again and again.
    pub job: Option<JobWait>,
}

/// The wait for a job.
#[derive(Debug, Clone, Default, Serialize)]
pub struct JobWait {
    /// Seconds from the call's answer to the last poll's.
    pub took: f64,
    /// How often the CPI asked.
    pub polls: usize,
}

impl Entry {
    /// How many API calls there were, apart from polls.
    pub fn api_calls(&self) -> usize {
        self.calls.len()
    }

    /// How often a job was asked for.
    pub fn polls(&self) -> usize {
        self.calls.iter().filter_map(|call| call.job.as_ref()).map(|job| job.polls).sum()
    }

    /// Seconds of waiting for jobs. Jobs that ran at the same time count once each.
    pub fn waited(&self) -> f64 {
        self.calls.iter().filter_map(|call| call.job.as_ref()).map(|job| job.took).sum()
    }
}

/// Puts each poll with the call whose job it asks for. Times count from `epoch`.
pub fn api_calls(records: &[CallRecord], epoch: f64) -> Vec<ApiCall> {
    let (polls, calls): (Vec<_>, Vec<_>) =
        records.iter().partition(|record| record.command == POLL);
    let mut seen: Vec<ApiCall> = Vec::new();
    for call in calls {
        let start = call.start - epoch;
        let params: Vec<_> = call.params.clone().into_iter().collect();
        match seen.last_mut() {
            // Asked again and again, until something has changed.
            Some(last) if (&last.command, &last.params) == (&call.command, &params) => {
                let wait = last.job.get_or_insert_default();
                wait.polls += 1;
                wait.took = start - last.start - last.took;
            }
            _ => seen.push(ApiCall {
                command: call.command.clone(),
                params,
                status: call.status,
                error: call.error.clone(),
                start,
                took: call.end - call.start,
                job: call.job.as_ref().map(|job| job_wait(job, call.end, &polls)),
            }),
        }
    }
    seen
}

fn job_wait(job: &str, from: f64, polls: &[&CallRecord]) -> JobWait {
    let own = polls.iter().filter(|poll| poll.params.get("jobid").is_some_and(|id| id == job));
    own.fold(JobWait::default(), |wait, poll| JobWait {
        took: wait.took.max(poll.end - from),
        polls: wait.polls + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(command: &str, start: f64, job: Option<&str>, asks: Option<&str>) -> CallRecord {
        CallRecord {
            command: command.into(),
            status: Some(200),
            start,
            end: start + 0.25,
            job: job.map(Into::into),
            params: asks.map(|id| ("jobid".to_owned(), id.to_owned())).into_iter().collect(),
            ..CallRecord::default()
        }
    }

    #[test]
    fn polls_stand_with_the_call_whose_job_they_ask_for() {
        let records = [
            record("deployVirtualMachine", 100.0, Some("a"), None),
            record(POLL, 101.0, None, Some("a")),
            record("createTags", 101.5, Some("b"), None),
            record(POLL, 102.0, None, Some("b")),
            record(POLL, 103.0, None, Some("a")),
        ];
        let calls = api_calls(&records, 100.0);
        let seen: Vec<_> = calls
            .iter()
            .map(|call| {
                let job = call.job.as_ref().unwrap();
                (call.command.as_str(), call.start, job.polls, job.took)
            })
            .collect();
        assert_eq!(seen, [("deployVirtualMachine", 0.0, 2, 3.0), ("createTags", 1.5, 1, 0.5)]);
    }
}
