//! Jobs: what a call leaves behind to be done, in order, taking its time.
//!
//! Nothing runs by itself. Before each request the cloud does what has fallen due since the
//! last one, in the order of time ([`Cloud::settle`]), so that a real and a virtual clock
//! give the same story.

use super::{Command, Refusal};
use crate::state::clock::{later, stamp};
use crate::state::{Caller, Cloud, Entity, Table};
use cloudstack::api::{AsyncJob, JobStatus};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::time::Duration;

type Begin = Box<dyn FnOnce(&mut Cloud) -> Result<(), Refusal> + Send>;
type Midway = Box<dyn FnOnce(&mut Cloud) + Send>;
type Finish = Box<dyn FnOnce(&mut Cloud) -> Result<Value, Refusal> + Send>;

/// What a handler leaves to be done.
pub struct Job {
    /// What the call has made, for its answer.
    pub made: Option<String>,
    /// What the job works on.
    pub instance: Option<String>,
    /// Jobs with the same queue (a VM's id) run one after the other.
    pub queue: Option<String>,
    abandon: Option<Midway>,
    check: Begin,
    begin: Begin,
    midway: Vec<(f64, Midway)>,
    finish: Finish,
}

impl Job {
    /// A job that does all its work at its end.
    pub fn new(finish: impl FnOnce(&mut Cloud) -> Result<Value, Refusal> + Send + 'static) -> Self {
        Self {
            made: None,
            instance: None,
            queue: None,
            abandon: None,
            check: Box::new(|_| Ok(())),
            begin: Box::new(|_| Ok(())),
            midway: Vec::new(),
            finish: Box::new(finish),
        }
    }

    /// What becomes of what the call has made where no job can be made of it.
    pub fn or_abandons(self, change: impl FnOnce(&mut Cloud) + Send + 'static) -> Self {
        Self { abandon: Some(Box::new(change)), ..self }
    }

    /// Leaves what the call has made without a job.
    pub(crate) fn abandon(&mut self, cloud: &mut Cloud) {
        if let Some(change) = self.abandon.take() {
            change(cloud);
        }
    }

    /// What is checked when the job is taken in, before it waits for its turn: a refusal is its
    /// outcome.
    pub fn check(
        self,
        check: impl FnOnce(&mut Cloud) -> Result<(), Refusal> + Send + 'static,
    ) -> Self {
        Self { check: Box::new(check), ..self }
    }

    /// What others see from this share (0 to 1) of the job's time on.
    pub fn midway(mut self, share: f64, change: impl FnOnce(&mut Cloud) + Send + 'static) -> Self {
        self.midway.push((share, Box::new(change)));
        self
    }

    /// What is checked and changed when the job's turn comes: a refusal is its outcome.
    pub fn begin(
        self,
        begin: impl FnOnce(&mut Cloud) -> Result<(), Refusal> + Send + 'static,
    ) -> Self {
        Self { begin: Box::new(begin), ..self }
    }

    /// The call has made this; the job works on it.
    pub fn making(self, id: impl Into<String>) -> Self {
        let id = id.into();
        Self { made: Some(id.clone()), instance: Some(id), ..self }
    }

    /// The job works on this.
    pub fn on(self, id: impl Into<String>) -> Self {
        Self { instance: Some(id.into()), ..self }
    }

    /// The job does all its work, and is told to have failed.
    pub(crate) fn then_fails(self, refusal: Refusal) -> Self {
        let finish = self.finish;
        let fails = move |cloud: &mut Cloud| finish(cloud).and(Err(refusal));
        Self { finish: Box::new(fails), ..self }
    }

    /// The job does nothing, and fails.
    pub(crate) fn only_fails(self, refusal: Refusal) -> Self {
        Self {
            check: Box::new(|_| Ok(())),
            begin: Box::new(|_| Ok(())),
            midway: Vec::new(),
            finish: Box::new(|_| Err(refusal)),
            ..self
        }
    }

    /// The job waits for those before it that have the same queue.
    pub fn queued(self, queue: Option<impl Into<String>>) -> Self {
        Self { queue: queue.map(Into::into), ..self }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("made", &self.made)
            .field("instance", &self.instance)
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

/// A job as the cloud remembers it.
#[derive(Debug, Clone)]
pub struct JobRecord {
    /// Its id.
    pub id: String,
    /// The command that started it.
    pub command: &'static str,
    /// `cmd`: the Java class.
    pub class: String,
    /// Whose it is.
    pub caller: Caller,
    /// Pending, done or failed.
    pub status: JobStatus,
    /// 0, or the code of the refusal.
    pub code: i64,
    /// The result or the error.
    pub result: Option<Value>,
    /// `jobinstancetype`.
    pub instance_type: Option<&'static str>,
    /// What it works on.
    pub instance: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ended.
    pub completed: Option<Timestamp>,
}

impl Entity for JobRecord {
    fn id(&self) -> &str {
        &self.id
    }
}

struct Pending {
    begin: Option<Begin>,
    midway: Vec<(f64, Midway)>,
    finish: Option<Finish>,
    queue: Option<String>,
    takes: Duration,
    ends: Option<Timestamp>,
}

/// What falls due of a job.
enum Due {
    Midway(Midway),
    End,
}

/// How long an ended job can be asked for.
const KEPT: Duration = Duration::from_secs(1440 * 60);

/// All jobs of a cloud.
pub struct Jobs {
    records: Table<JobRecord>,
    pending: HashMap<String, Pending>,
    due: BTreeMap<(Timestamp, u64), (String, Due)>,
    queues: HashMap<String, VecDeque<String>>,
    counted: u64,
    next_ends: Option<Timestamp>,
}

/// The internal number of the first job that is not of the cloud's own making.
pub const FIRST: u64 = 100;

impl Default for Jobs {
    fn default() -> Self {
        Self {
            records: Table::starting_at(FIRST),
            pending: HashMap::new(),
            due: BTreeMap::new(),
            queues: HashMap::new(),
            counted: 0,
            next_ends: None,
        }
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").field("records", &self.records).finish_non_exhaustive()
    }
}

impl Jobs {
    /// A job, unless it was never made or is purged.
    pub fn get(&self, id: &str) -> Option<&JobRecord> {
        self.records.get(id)
    }

    /// The job of this internal number.
    pub fn numbered(&self, number: u64) -> Option<&JobRecord> {
        self.records.numbered(number)
    }

    /// All jobs that are kept, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &JobRecord> {
        self.records.iter()
    }

    /// The job that works on this now: the oldest of those that have not ended.
    pub fn open_on(&self, instance: &str) -> Option<&JobRecord> {
        self.pending
            .keys()
            .filter_map(|id| self.records.get(id))
            .filter(|job| job.instance.as_deref() == Some(instance))
            .min_by_key(|job| self.records.number(&job.id))
    }

    /// The jobs that have not ended, the oldest first.
    pub fn open_ones(&self) -> Vec<&JobRecord> {
        let mut open: Vec<&JobRecord> =
            self.pending.keys().filter_map(|id| self.records.get(id)).collect();
        open.sort_by_key(|job| self.records.number(&job.id));
        open
    }

    /// The job that the next call starts ends at this time, whatever the world says that it
    /// takes: a recorded walk tells when its jobs ended.
    pub fn end_next_at(&mut self, time: Option<Timestamp>) {
        self.next_ends = time;
    }

    /// Whether a job of this id has not ended.
    pub fn is_open(&self, id: &str) -> bool {
        self.pending.contains_key(id)
    }

    /// Whether there is or was a job of this id.
    pub fn knows(&self, id: &str) -> bool {
        self.records.knows(id)
    }

    fn put(&mut self, at: Timestamp, id: &str, what: Due) {
        self.counted += 1;
        self.due.insert((at, self.counted), (id.to_owned(), what));
    }

    /// Forgets a job, as CloudStack does after `job.expire.minutes`.
    pub fn purge(&mut self, id: &str) {
        self.records.remove(id);
    }

    /// Forgets the jobs that ended a day ago (`job.expire.minutes`).
    fn expire(&mut self, now: Timestamp) {
        let old = |job: &&JobRecord| job.completed.is_some_and(|ended| later(ended, KEPT) <= now);
        let old: Vec<String> =
            self.records.iter().take_while(old).map(|job| job.id.clone()).collect();
        old.iter().for_each(|id| self.purge(id));
    }

    /// How many have not ended.
    pub fn open(&self) -> usize {
        self.pending.len()
    }
}

impl Cloud {
    /// Takes a job in and begins it when its queue is free. Returns its id.
    pub fn submit(&mut self, command: &Command, caller: &Caller, id: String, job: Job) -> String {
        let record = JobRecord {
            id: id.clone(),
            command: command.name,
            class: command.class_for(caller),
            caller: caller.clone(),
            status: JobStatus::Pending,
            code: 0,
            result: None,
            instance_type: command.instance,
            instance: job.instance,
            created: self.now(),
            completed: None,
        };
        self.jobs.records.insert(record);
        let checked = (job.check)(self);
        let pending = Pending {
            begin: Some(job.begin),
            midway: job.midway,
            finish: Some(job.finish),
            queue: job.queue.filter(|_| checked.is_ok()),
            takes: self.world.latency.job(command.name),
            ends: self.jobs.next_ends.take(),
        };
        let waits = match &pending.queue {
            Some(queue) => {
                let line = self.jobs.queues.entry(queue.clone()).or_default();
                line.push_back(id.clone());
                line.len() > 1
            }
            None => false,
        };
        self.jobs.pending.insert(id.clone(), pending);
        match checked {
            Ok(()) if waits => {}
            Ok(()) => self.begin_job(&id, self.now()),
            Err(refusal) => self.schedule(&id, self.now(), Err(refusal)),
        }
        id
    }

    /// Does everything that has fallen due, in the order of time.
    pub fn settle(&mut self) {
        let now = self.clock.now();
        while let Some(entry) = self.jobs.due.first_entry() {
            let (due, _) = *entry.key();
            if due > now {
                break;
            }
            let (id, what) = entry.remove();
            self.time = due;
            match what {
                Due::Midway(change) => change(self),
                Due::End => {
                    let pending = self.jobs.pending.get_mut(&id);
                    if let Some(finish) = pending.and_then(|pending| pending.finish.take()) {
                        let outcome = finish(self);
                        self.end_job(&id, outcome, due);
                    }
                }
            }
        }
        self.time = now;
        self.jobs.expire(now);
        self.expunge_what_is_due();
    }

    fn begin_job(&mut self, id: &str, at: Timestamp) {
        let Some(pending) = self.jobs.pending.get_mut(id) else { return };
        let begin = pending.begin.take();
        let begun = begin.map_or(Ok(()), |begin| begin(self));
        self.schedule(id, at, begun);
    }

    /// Sets when the job ends, and what it changes until then. One that was refused fails, at
    /// once unless it is known when it ended.
    fn schedule(&mut self, id: &str, from: Timestamp, begun: Result<(), Refusal>) {
        let Some(pending) = self.jobs.pending.get_mut(id) else { return };
        let end = pending.ends.map(|ends| ends.max(from));
        let midway = std::mem::take(&mut pending.midway);
        match begun {
            Err(refusal) => match end {
                None => self.end_job(id, Err(refusal), from),
                Some(end) => {
                    pending.finish = Some(Box::new(|_| Err(refusal)));
                    self.jobs.put(end, id, Due::End);
                }
            },
            Ok(()) => {
                let end = end.unwrap_or_else(|| later(from, pending.takes));
                let whole = end.duration_since(from).as_secs_f64();
                for (share, change) in midway {
                    let after = Duration::try_from_secs_f64(whole * share).unwrap_or_default();
                    self.jobs.put(later(from, after), id, Due::Midway(change));
                }
                self.jobs.put(end, id, Due::End);
            }
        }
    }

    fn end_job(&mut self, id: &str, outcome: Result<Value, Refusal>, at: Timestamp) {
        let pending = self.jobs.pending.remove(id);
        if let Some(record) = self.jobs.records.get_mut(id) {
            record.completed = Some(at);
            (record.status, record.code, record.result) = match outcome {
                Ok(result) => (JobStatus::Succeeded, 0, Some(result)),
                Err(refusal) => {
                    let refusal = refusal.in_job();
                    (JobStatus::Failed, refusal.code.into(), Some(refusal.job_result()))
                }
            };
        }
        let Some(queue) = pending.and_then(|pending| pending.queue) else { return };
        let Some(line) = self.jobs.queues.get_mut(&queue) else { return };
        line.pop_front();
        match line.front().cloned() {
            Some(next) => self.begin_job(&next, at),
            None => {
                self.jobs.queues.remove(&queue);
            }
        }
    }
}

impl JobRecord {
    /// The job as `queryAsyncJobResult` tells it. While it runs it names the management server
    /// that runs it.
    pub fn view(&self, server: &str) -> AsyncJob {
        let runs = self.status == JobStatus::Pending;
        AsyncJob {
            jobid: self.id.clone(),
            jobstatus: self.status,
            jobresultcode: self.code,
            jobresult: self.result.clone(),
            jobinstancetype: self.instance_type.map(str::to_owned),
            jobinstanceid: self.instance_type.and(self.instance.clone()),
            created: Some(stamp(self.created)),
            completed: self.completed.map(stamp),
            other: super::answer::fields(json!({
                "accountid": self.caller.account,
                "account": self.caller.account_name,
                "domainid": self.caller.domain,
                "domainpath": self.caller.domain_path,
                "userid": self.caller.user,
                "cmd": self.class,
                "jobprocstatus": 0,
                "managementserverid": runs.then_some(server),
                "managementservername": runs.then_some("localhost"),
                "jobresulttype": self.result.as_ref().map(|_| "object"),
            })),
        }
    }
}
