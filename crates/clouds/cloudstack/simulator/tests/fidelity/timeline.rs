//! When each line of a walk was sent, and when its jobs ended, as far as the walk tells: CloudStack
//! does some things by the clock, and a job that runs shows in other answers. So our time has to
//! be that of the walk.

use crate::transcript::Line;
use crate::windows::Windows;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::HashMap;

/// Less than lies between two lines.
const MOMENT: SignedDuration = SignedDuration::from_micros(100);

/// The times of a walk.
#[derive(Debug)]
pub struct Timeline {
    /// When each line was sent; each later than the one before.
    pub sent: Vec<Timestamp>,
    /// When the job that a line starts ended, by the line from 0.
    pub ends: HashMap<usize, Timestamp>,
}

impl Timeline {
    /// Reads the times of a walk.
    pub fn of(lines: &[Line]) -> Self {
        let sent = sent(lines);
        let ends = Jobs::of(lines).ends(&sent);
        Self { sent, ends }
    }
}

/// The time of each line: that which it tells, or the last one's and what that call took.
fn sent(lines: &[Line]) -> Vec<Timestamp> {
    let known = known(lines);
    let first = known.iter().flatten().min().copied().unwrap_or_default();
    let mut windows = Windows::of(lines);
    let (mut times, mut last) = (Vec::new(), first);
    for (at, line) in lines.iter().enumerate() {
        let guess = last + SignedDuration::from_micros((line.ms * 1000.0) as i64).max(MOMENT * 10);
        let known = known[at].filter(|_| !windows.is_inside(at));
        let time = windows.place(at, line, known.map_or(guess, |known| known.max(guess)));
        last = time.max(last + MOMENT * 10);
        times.push(last);
    }
    if windows.is_empty() {
        look_late(lines, &mut times);
    }
    times
}

/// Who waits does it before looking: what a walk looks at it saw as late as it can have been.
fn look_late(lines: &[Line], times: &mut [Timestamp]) {
    for at in (0..times.len().saturating_sub(1)).rev() {
        let took = SignedDuration::from_micros((lines[at].ms * 1000.0) as i64);
        let latest = times[at + 1] - took.max(MOMENT * 10);
        let looks = lines[at].command().starts_with("list");
        if looks && latest > times[at] {
            times[at] = latest;
        }
    }
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
        let inner = inner(line);
        let started = inner["jobid"].as_str().and_then(|id| made.get(id));
        known[at] = match time(&inner["completed"]) {
            // One that is asked for again may have ended long ago, which moves nothing.
            Some(completed) => Some(completed),
            None => started.copied(),
        };
    }
    known
}

fn inner(line: &Line) -> &Value {
    let inner = line.body.as_object().and_then(|body| body.values().next());
    inner.unwrap_or(&Value::Null)
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.replace("+0000", "Z").parse().ok()
}

/// What a walk tells of its jobs.
struct Jobs(HashMap<String, Job>);

/// What a walk tells of a job, by line from 0.
#[derive(Debug, Default)]
struct Job {
    started: usize,
    instance: Option<String>,
    completed: Option<Timestamp>,
    /// The last line that shows it running.
    runs: Option<usize>,
    /// The first line that shows it ended.
    ended: Option<usize>,
}

impl Jobs {
    fn of(lines: &[Line]) -> Self {
        let mut jobs = HashMap::new();
        for (at, line) in lines.iter().enumerate() {
            let inner = inner(line);
            let starts = line.status == 200 && line.command() != "queryAsyncJobResult";
            if let Some(id) = inner["jobid"].as_str().filter(|_| starts) {
                let instance = inner["id"].as_str().map(str::to_owned);
                jobs.insert(id.to_owned(), Job { started: at, instance, ..Job::default() });
            }
        }
        let mut jobs = Self(jobs);
        lines.iter().enumerate().for_each(|(at, line)| jobs.look_at_polls(at, line));
        lines.iter().enumerate().for_each(|(at, line)| jobs.look_at_rows(at, line));
        lines.iter().enumerate().for_each(|(at, line)| jobs.look_at_idle_rows(at, line));
        lines.iter().enumerate().for_each(|(at, line)| jobs.look_at_open_ones(at, line, lines));
        jobs
    }

    fn look_at_polls(&mut self, at: usize, line: &Line) {
        let row = &line.body["queryasyncjobresultresponse"];
        let Some(job) = row["jobid"].as_str().and_then(|id| self.0.get_mut(id)) else { return };
        job.completed = job.completed.or_else(|| time(&row["completed"]));
        if let Some(instance) = row["jobinstanceid"].as_str() {
            job.instance = Some(instance.to_owned());
        }
        if row["jobstatus"] == 0 {
            job.runs = Some(at);
        } else {
            job.ended.get_or_insert(at);
        }
    }

    /// Rows of what a job works on show it while it runs.
    fn look_at_rows(&mut self, at: usize, line: &Line) {
        for row in rows(line) {
            let job = row["jobid"].as_str().and_then(|id| self.0.get_mut(id));
            if let Some(job) = job.filter(|_| row["jobstatus"] == 0) {
                job.runs = job.runs.max(Some(at));
            }
        }
    }

    /// And do not any more when it has ended.
    fn look_at_idle_rows(&mut self, at: usize, line: &Line) {
        for row in rows(line).iter().filter(|row| row.get("jobid").is_none()) {
            let Some(id) = row["id"].as_str() else { continue };
            for job in self.0.values_mut().filter(|job| job.instance.as_deref() == Some(id)) {
                let before = job.ended.is_none_or(|ended| at < ended);
                if before && at > job.runs.unwrap_or(job.started) {
                    job.ended = Some(at);
                }
            }
        }
    }

    /// `listAsyncJobs` tells how many have not ended; the oldest end first.
    fn look_at_open_ones(&mut self, at: usize, line: &Line, lines: &[Line]) {
        if line.command() != "listAsyncJobs" || line.status != 200 {
            return;
        }
        let text = |name: &str| line.params.get(name).and_then(Value::as_str);
        let word = text("keyword").unwrap_or_default().to_lowercase();
        if text("startdate").is_some() {
            return;
        }
        let count = inner(line)["count"].as_u64().unwrap_or_default() as usize;
        let shown: Vec<&str> = rows(line).iter().filter_map(|row| row["jobid"].as_str()).collect();
        let mut open: Vec<(&String, &mut Job)> = self
            .0
            .iter_mut()
            .filter(|(_, job)| job.started < at && job.ended.is_none_or(|ended| ended > at))
            .filter(|(_, job)| lines[job.started].command().to_lowercase().contains(&word))
            .filter(|(id, _)| !shown.contains(&id.as_str()))
            .collect();
        let over = open.len().saturating_sub(count.saturating_sub(shown.len()));
        open.retain(|(_, job)| job.runs < Some(at));
        open.sort_by_key(|(_, job)| (job.completed.is_none(), job.completed, job.started));
        open.into_iter().take(over).for_each(|(_, job)| job.ended = Some(at));
    }

    fn ends(&self, sent: &[Timestamp]) -> HashMap<usize, Timestamp> {
        let end = |job: &Job| {
            let from = sent[job.runs.unwrap_or(job.started).max(job.started)] + MOMENT;
            // It tells the second only.
            let told = job.completed.map(|time| time + SignedDuration::from_millis(500));
            let end = told.unwrap_or(from + SignedDuration::from_millis(200)).max(from);
            match job.ended {
                Some(ended) => end.min(sent[ended] - MOMENT).max(from),
                None => end,
            }
        };
        self.0.values().map(|job| (job.started, end(job))).collect()
    }
}

/// The rows of a list of VMs or volumes, which show the jobs on them.
fn rows(line: &Line) -> &[Value] {
    let key = match line.command() {
        "listVirtualMachines" => "virtualmachine",
        "listVolumes" => "volume",
        "listAsyncJobs" => "asyncjobs",
        _ => return &[],
    };
    inner(line)[key].as_array().map_or(&[], Vec::as_slice)
}
