//! What a call did, counted from its events: for the answer's `log`.

use cloud_http::{CALL_FIELD, POLL_FIELD, TOOK_FIELD};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// More than this of warnings is not repeated in the answer.
const MOST_NOTES: usize = 10;

/// What happened during a call, as far as its events say.
#[derive(Clone)]
pub struct Statistics {
    begun: Instant,
    counted: Arc<Mutex<Counted>>,
}

#[derive(Default)]
struct Counted {
    calls: u32,
    polls: u32,
    notes: Vec<String>,
}

impl Statistics {
    /// Begins now.
    pub fn begin() -> Self {
        Self { begun: Instant::now(), counted: Arc::default() }
    }

    /// `create_vm: 1 API call, 14 polls, 1.65 s`, and the warnings.
    pub fn line(&self, method: &str) -> String {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = format!("{method}: ");
        let counts = [(counted.calls, "API call"), (counted.polls, "poll")];
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            let plural = if count == 1 { "" } else { "s" };
            line += &format!("{count} {what}{plural}, ");
        }
        line += &seconds(self.begun.elapsed());
        for note in counted.notes.iter().take(MOST_NOTES) {
            line += "; ";
            line += note;
        }
        line.replace('\n', " ")
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

impl<S: Subscriber> Layer<S> for Statistics {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut seen = Seen::default();
        event.record(&mut seen);
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.call && seen.took {
            let counter = if seen.poll { &mut counted.polls } else { &mut counted.calls };
            *counter += 1;
        }
        if *event.metadata().level() <= Level::WARN {
            counted.notes.push(seen.message);
        }
    }
}

#[derive(Default)]
struct Seen {
    message: String,
    call: bool,
    poll: bool,
    took: bool,
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            CALL_FIELD => self.call = true,
            POLL_FIELD => self.poll = true,
            TOOK_FIELD => self.took = true,
            _ => {}
        }
    }
}
