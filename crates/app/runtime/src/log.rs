//! The log of a call: events as lines, which a director copies from standard error into the
//! task's CPI log. It reads them byte by byte, so there is little at the default level.

use crate::redact::Secrets;
use crate::statistics::Statistics;
use crate::traces::{CALL_SPAN, Traces};
use bosh_cpi::config::LogLevel;
use std::io::Write;
use std::sync::Arc;
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

/// Where the lines of a log go.
#[derive(Clone)]
pub enum LogOutput {
    /// To standard error.
    Stderr,
    /// To somebody who takes them one by one, each without its line end.
    Lines(Arc<dyn Fn(&str) + Send + Sync>),
}

/// A log without calls: of who serves for months, nothing is counted.
pub fn plain(level: LogLevel, secrets: Secrets, output: LogOutput) -> Dispatch {
    tracing_subscriber::registry().with(lines(level, secrets, output)).into()
}

/// The log of one call, whose events are counted in `statistics`. Spans become traces where
/// those are wanted.
pub(crate) fn of_call(
    level: LogLevel,
    secrets: Secrets,
    output: LogOutput,
    statistics: &Statistics,
    traces: Option<&Traces>,
) -> Dispatch {
    // The statistics need debug events of our own crates, and of no other.
    let ours = filter_fn(|event| event.is_event() && *event.level() <= Level::DEBUG);
    let statistics = statistics.clone().with_filter(ours);
    let traces = traces.map(Traces::layer);
    let lines = lines(level, secrets, output);
    tracing_subscriber::registry().with(lines).with(statistics).with(traces).into()
}

fn lines<S>(level: LogLevel, secrets: Secrets, output: LogOutput) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .with_writer(Redacting { secrets, output })
        .with_filter(wanted(level))
}

/// What is written: events of that level, and of all spans the call's.
fn wanted(level: LogLevel) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    let level = level_filter(level);
    let wanted =
        move |of: &Metadata<'_>| *of.level() <= level && (of.is_event() || of.name() == CALL_SPAN);
    filter_fn(wanted).with_max_level_hint(level)
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

/// Writes each event as one line without secrets.
struct Redacting {
    secrets: Secrets,
    output: LogOutput,
}

impl<'a> MakeWriter<'a> for Redacting {
    type Writer = Line<'a>;
    fn make_writer(&'a self) -> Line<'a> {
        Line { to: self, bytes: Vec::new() }
    }
}

/// The line of one event.
struct Line<'a> {
    to: &'a Redacting,
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
        let line = self.to.secrets.hide(text.trim_end()).replace('\n', "\\n");
        self.to.output.write(line);
    }
}

impl LogOutput {
    fn write(&self, mut line: String) {
        match self {
            LogOutput::Lines(take) => take(&line),
            LogOutput::Stderr => {
                line.push('\n');
                // Nobody may be reading: a log that cannot be written is no reason to fail.
                let _ = std::io::stderr().write_all(line.as_bytes());
            }
        }
    }
}

impl std::fmt::Debug for LogOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            LogOutput::Stderr => "Stderr",
            LogOutput::Lines(_) => "Lines",
        })
    }
}
