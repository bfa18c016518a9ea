//! What is told about a call: events on standard error, which a director copies into the
//! task's CPI log, and one short line for the answer's `log`.
//!
//! A director reads both byte by byte, so there is little at the default level.

use crate::redact::Secrets;
use crate::traces::{CALL_SPAN, Traces};
use bosh_cpi::config::LogLevel;
use cloud_http::{CALL_FIELD, POLL_FIELD, TOOK_FIELD};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// More than this of warnings is not repeated in the answer.
const MOST_NOTES: usize = 10;

/// What happened during a call, as far as its events tell.
#[derive(Clone)]
pub struct Account {
    begun: Instant,
    counted: Arc<Mutex<Counted>>,
}

#[derive(Default)]
struct Counted {
    calls: u32,
    polls: u32,
    notes: Vec<String>,
}

impl Account {
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

impl<S: Subscriber> Layer<S> for Account {
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

/// Sends events to standard error only: of who serves for months, nothing is counted.
pub fn to_stderr(level: LogLevel, secrets: Secrets) {
    let subscriber = tracing_subscriber::registry().with(stderr(level, secrets));
    // Only a second call in one process could fail here, and there is none.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

fn stderr<S>(level: LogLevel, secrets: Secrets) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .with_writer(Redacting(Arc::new(secrets)))
        .with_filter(told(level))
}

/// Sends events to standard error and to `account`. Nothing is heard before this is called.
/// Spans become traces where those are wanted.
pub fn start(level: LogLevel, account: &Account, secrets: Secrets, traces: Option<&Traces>) {
    // The account needs debug events of our own crates, and of no other.
    let ours = filter_fn(|event| event.is_event() && *event.level() <= Level::DEBUG);
    let account = account.clone().with_filter(ours);
    let traces = traces.map(Traces::layer);
    let stderr = stderr(level, secrets);
    let subscriber = tracing_subscriber::registry().with(stderr).with(account).with(traces);
    // Only a second call in one process could fail here, and there is none.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// What is written: events of that level, and of all spans the call's.
fn told(level: LogLevel) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    let level = level_filter(level);
    let told =
        move |of: &Metadata<'_>| *of.level() <= level && (of.is_event() || of.name() == CALL_SPAN);
    filter_fn(told).with_max_level_hint(level)
}

fn level_filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// Writes each event to standard error as one line without secrets.
struct Redacting(Arc<Secrets>);

impl<'a> MakeWriter<'a> for Redacting {
    type Writer = Line<'a>;
    fn make_writer(&'a self) -> Line<'a> {
        Line { secrets: &self.0, bytes: Vec::new() }
    }
}

/// The line of one event.
struct Line<'a> {
    secrets: &'a Secrets,
    bytes: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.bytes);
        let mut line = self.secrets.hide(text.trim_end()).replace('\n', "\\n");
        line.push('\n');
        // Nobody may be reading: a log that cannot be written is no reason to fail.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}
