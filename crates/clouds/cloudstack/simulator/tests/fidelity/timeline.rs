//! When each line of a walk was sent, as far as the recorded jobs tell: CloudStack does some
//! things by the clock (it collects statistics, it expunges), so ours has to show the same time.

use crate::transcript::Line;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;

/// The time of each line: that of the next one that is known, less what lies between.
pub fn times(lines: &[Line]) -> Vec<Timestamp> {
    let known = known(lines);
    let mut times = vec![Timestamp::UNIX_EPOCH; lines.len()];
    let mut last: Option<Timestamp> = None;
    for (at, line) in lines.iter().enumerate() {
        let guess = last.map(|last| later(last, line.ms));
        let time = known[at].into_iter().chain(guess).max().unwrap_or_default();
        times[at] = time;
        last = (time != Timestamp::UNIX_EPOCH).then_some(time);
    }
    // What came before the first job is as old as that.
    let first = times.iter().find(|time| **time != Timestamp::UNIX_EPOCH).copied();
    for time in &mut times {
        *time = (*time).max(first.unwrap_or_default());
    }
    times
}

/// A job tells when it was made and when it had ended.
fn known(lines: &[Line]) -> Vec<Option<Timestamp>> {
    let mut made = HashMap::new();
    let mut known = vec![None; lines.len()];
    for line in lines {
        let job = &line.body["queryasyncjobresultresponse"];
        if let (Some(id), Some(created)) = (job["jobid"].as_str(), time(&job["created"])) {
            made.insert(id.to_owned(), created);
        }
    }
    for (at, line) in lines.iter().enumerate() {
        let inner = line.body.as_object().and_then(|body| body.values().next());
        let started = inner.and_then(|inner| inner["jobid"].as_str()).and_then(|id| made.get(id));
        known[at] = match inner.and_then(|inner| time(&inner["completed"])) {
            Some(completed) => Some(completed),
            None => started.copied(),
        };
    }
    known
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.replace("+0000", "Z").parse().ok()
}

fn later(time: Timestamp, ms: f64) -> Timestamp {
    let by = Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default();
    simulator_cloudstack::state::clock::later(time, by)
}
