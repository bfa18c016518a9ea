//! A run as a stream of events: one JSON object a line.

use super::exit::Failure;
use super::output::Output;
use super::status::Report;
use create_env::event::{End, Party};
use create_env::{Event, Plan, Reporter};
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(1);

/// Writes events. Each has `event` and `time` (seconds since 1970), and what belongs to it.
pub struct Events {
    stream: Mutex<(File, Option<Instant>)>,
}

impl Events {
    /// Writes to `out`.
    pub fn new(out: File) -> Events {
        Events { stream: Mutex::new((out, None)) }
    }

    fn write(&self, event: &str, fields: Value) {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut object = Map::new();
        object.insert("event".into(), event.into());
        object.insert("time".into(), ((time.as_millis() as f64) / 1000.0).into());
        if let Value::Object(fields) = fields {
            object.extend(fields);
        }
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody may be there to read any more; the run goes on.
        let _ = stream.0.write_all(format!("{}\n", Value::Object(object)).as_bytes());
    }

    fn is_time_for_progress(&self) -> bool {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let due = stream.1.is_none_or(|last| last.elapsed() >= PROGRESS);
        if due {
            stream.1 = Some(Instant::now());
        }
        due
    }
}

impl Reporter for Events {
    fn tell(&self, event: Event<'_>) {
        match event {
            Event::StageStarted(name) => self.write("stage_started", json!({"stage": name})),
            Event::StageEnded(name, end, took) => {
                self.write("stage_ended", ended("stage", name, end, took));
            }
            Event::StepStarted(name) => self.write("step_started", json!({"step": name})),
            Event::StepEnded(name, end, took) => {
                self.write("step_ended", ended("step", name, end, took));
            }
            Event::Progress(done, total) if self.is_time_for_progress() => {
                self.write("progress", json!({"bytes": done, "of": total}));
            }
            Event::Progress(..) => {}
            Event::Waiting(what) => self.write("waiting", json!({"for": what})),
            Event::Asked(party, what) => {
                self.write("asked", json!({"party": word(party), "method": what}));
            }
            Event::Answered(party, what, outcome) => {
                let fields = json!({"party": word(party), "method": what, "error": outcome.err()});
                self.write("answered", fields);
            }
            Event::Saved => self.write("saved", json!({})),
            Event::Warning(text) => self.write("warning", json!({"message": text})),
        }
    }

    fn confirm(&self, plan: &Plan) -> bool {
        self.plan(plan);
        true
    }
}

impl Output for Events {
    fn say(&self, line: &str) {
        self.write("said", json!({"message": line.trim()}));
    }

    fn plan(&self, plan: &Plan) {
        self.write("planned", json!({"plan": plan}));
    }

    fn status(&self, report: &Report) {
        self.write("status", json!({"status": report.to_json()}));
    }

    fn end(&self, outcome: Result<(), &Failure>) {
        match outcome {
            Ok(()) => self.write("succeeded", json!({})),
            Err(failure) => {
                let fields = json!({"kind": failure.kind.word(), "message": failure.message});
                self.write("failed", fields);
            }
        }
    }
}

fn ended(what: &str, name: &str, end: End<'_>, took: Duration) -> Value {
    let (outcome, reason) = match end {
        End::Finished => ("finished", None),
        End::Skipped(reason) => ("skipped", Some(reason)),
        End::Failed(reason) => ("failed", Some(reason)),
    };
    json!({what: name, "outcome": outcome, "reason": reason, "seconds": took.as_secs_f64()})
}

fn word(party: Party) -> &'static str {
    match party {
        Party::Cpi => "cpi",
        Party::Agent => "agent",
    }
}
