//! A run as lines: stages and steps as the bosh CLI prints them.

use super::exit::Failure;
use super::output::{Output, ask, destroys};
use super::status::Report;
use create_env::event::End;
use create_env::{Event, Plan, Reporter};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A terminal: the step that runs shows time, bytes and rate.
    Terminal,
    /// The same lines, for a pipeline that shows them as a terminal would.
    Lines,
    /// A log: each line with the time of day (UTC) before it.
    Log,
}

/// Writes lines.
pub struct Lines {
    form: Form,
    may_ask: bool,
    page: Mutex<Page>,
}

struct Page {
    out: File,
    depth: usize,
    /// The step whose line has begun and not ended.
    open: Option<String>,
    bar: Option<ProgressBar>,
    /// Whether a stage has just ended: what follows stands apart from it.
    after_stage: bool,
    /// What was last waited for, and when that was said.
    waiting: Option<(String, Instant)>,
}

/// How often a log says the same about what is waited for.
const AGAIN: Duration = Duration::from_secs(30);

impl Lines {
    /// Writes to `out`.
    pub fn new(out: File, form: Form, may_ask: bool) -> Lines {
        let page = Page { out, depth: 0, open: None, bar: None, after_stage: false, waiting: None };
        Lines { form, may_ask, page: Mutex::new(page) }
    }

    fn with_page(&self, act: impl FnOnce(&mut Page, Form)) {
        // What was written before a panic elsewhere is still what is on the screen.
        act(&mut self.page.lock().unwrap_or_else(PoisonError::into_inner), self.form);
    }
}

impl Reporter for Lines {
    fn tell(&self, event: Event<'_>) {
        self.with_page(|page, form| match event {
            Event::StageStarted(name) => page.begin_stage(form, name),
            Event::StageEnded(name, end, took) => page.end_stage(form, name, end, took),
            Event::StepStarted(name) => page.begin_step(form, name),
            Event::StepEnded(name, end, took) => page.end_step(form, name, end, took),
            Event::Progress(done, total) => page.progress(done, total),
            Event::Waiting(what) => page.wait(form, what),
            Event::Warning(text) => page.line(form, &format!("Warning: {text}")),
            Event::Asked(..) | Event::Answered(..) | Event::Saved => {}
        });
    }

    fn confirm(&self, plan: &Plan) -> bool {
        if !self.may_ask || !destroys(plan) {
            return true;
        }
        self.with_page(|page, form| page.say(form, &format!("\n{plan}")));
        ask("Continue?")
    }
}

impl Output for Lines {
    fn say(&self, line: &str) {
        self.with_page(|page, form| page.say(form, line));
    }

    fn plan(&self, plan: &Plan) {
        self.say(&format!("\n{plan}"));
    }

    fn status(&self, report: &Report) {
        self.say(&format!("\n{}", report.lines().join("\n")));
    }

    fn end(&self, outcome: Result<(), &Failure>) {
        self.with_page(|page, form| {
            page.break_line();
            match outcome {
                Ok(()) => page.say(form, "\nSucceeded"),
                Err(failure) => eprintln!("\nerror: {}", failure.message),
            }
        });
    }
}

impl Page {
    fn begin_stage(&mut self, form: Form, name: &str) {
        self.break_line();
        self.write_line(form, "");
        self.write_line(form, &format!("{}Started {name}", self.margin()));
        self.depth += 1;
        self.after_stage = false;
    }

    fn end_stage(&mut self, form: Form, name: &str, end: End<'_>, took: Duration) {
        self.break_line();
        self.depth = self.depth.saturating_sub(1);
        let word = if matches!(end, End::Failed(_)) { "Failed" } else { "Finished" };
        self.write_line(form, &format!("{}{word} {name} ({})", self.margin(), clock(took)));
        self.after_stage = true;
    }

    fn begin_step(&mut self, form: Form, name: &str) {
        self.break_line();
        if std::mem::take(&mut self.after_stage) {
            self.write_line(form, "");
        }
        self.waiting = None;
        // On a terminal the line moves until the step has ended, and is then written.
        if form == Form::Terminal {
            self.bar = Some(bar(format!("{}{name}...", self.margin())));
        } else {
            self.open_step(form, name);
        }
    }

    fn open_step(&mut self, form: Form, name: &str) {
        let text = format!("{}{}{name}...", time_of_day(form), self.margin());
        self.write(&text);
        self.open = Some(name.to_owned());
    }

    fn end_step(&mut self, form: Form, name: &str, end: End<'_>, took: Duration) {
        self.end_bar();
        // Something else was written since its line began.
        if self.open.as_deref() != Some(name) {
            self.break_line();
            self.open_step(form, name);
        }
        self.open = None;
        let took = clock(took);
        self.write(&match end {
            End::Finished => format!(" Finished ({took})\n"),
            End::Skipped(reason) => format!(" Skipped [{reason}] ({took})\n"),
            End::Failed(_) => format!(" Failed ({took})\n"),
        });
    }

    fn progress(&mut self, done: u64, total: Option<u64>) {
        let Some(bar) = &self.bar else { return };
        if let Some(total) = total
            && bar.length() != Some(total)
        {
            bar.set_length(total);
        }
        if bar.position() == 0 {
            let of = if bar.length().is_some() { " of {total_bytes}" } else { "" };
            set_style(bar, &format!("{{prefix}} {{bytes}}{of}, {{bytes_per_sec}}, {{elapsed}}"));
        }
        bar.set_position(done);
    }

    fn wait(&mut self, form: Form, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what.to_owned());
            return;
        }
        let said = self.waiting.as_ref();
        if said.is_none_or(|(before, when)| before != what || when.elapsed() > AGAIN) {
            self.line(form, &format!("  waiting: {what}"));
            self.waiting = Some((what.to_owned(), Instant::now()));
        }
    }

    /// A line of its own, within the stage.
    fn line(&mut self, form: Form, text: &str) {
        let line = format!("{}{text}", self.margin());
        match self.bar.clone() {
            Some(bar) => bar.suspend(|| self.write_line(form, &line)),
            None => {
                self.break_line();
                self.write_line(form, &line);
            }
        }
    }

    /// Lines of their own, at the margin.
    fn say(&mut self, form: Form, text: &str) {
        self.break_line();
        text.lines().for_each(|line| self.write_line(form, line));
    }

    fn break_line(&mut self) {
        self.end_bar();
        if self.open.take().is_some() {
            self.write("\n");
        }
    }

    fn end_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn write_line(&mut self, form: Form, text: &str) {
        match (form, text) {
            // A log needs no empty lines.
            (Form::Log, "") => {}
            _ => self.write(&format!("{}{text}\n", time_of_day(form))),
        }
    }

    fn write(&mut self, text: &str) {
        // Nobody may be there to read any more; the run goes on.
        let _ = self.out.write_all(text.as_bytes());
    }

    fn margin(&self) -> String {
        "  ".repeat(self.depth)
    }
}

/// The line of the step that runs, with the time that it takes.
fn bar(prefix: String) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    set_style(&bar, "{prefix} {elapsed} {wide_msg}");
    bar.set_prefix(prefix);
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

fn set_style(bar: &ProgressBar, template: &str) {
    // A template that cannot be read leaves the line as it is.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

/// Hours, minutes and whole seconds.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn time_of_day(form: Form) -> String {
    if form != Form::Log {
        return String::new();
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{} ", clock(Duration::from_secs(now.as_secs() % 86_400)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek};

    /// What is written, in the order of events.
    fn written(form: Form, events: &[Event<'_>]) -> String {
        let mut file = tempfile::tempfile().unwrap();
        let lines = Lines::new(file.try_clone().unwrap(), form, false);
        events.iter().for_each(|event| lines.tell(event.clone()));
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    }

    const SECOND: Duration = Duration::from_secs(1);

    /// Stages, steps and the empty lines between them are the CLI's.
    #[test]
    fn lines_are_the_clis() {
        let text = written(
            Form::Lines,
            &[
                Event::StageStarted("validating"),
                Event::StepStarted("Downloading stemcell"),
                Event::StepEnded("Downloading stemcell", End::Finished, SECOND),
                Event::StageEnded("validating", End::Finished, SECOND * 3700),
                Event::StepStarted("Uploading stemcell 'a/1'"),
                Event::StepEnded("Uploading stemcell 'a/1'", End::Skipped("Known"), SECOND),
                Event::StageStarted("deploying"),
                Event::StepStarted("Creating VM"),
                Event::StepEnded("Creating VM", End::Failed("no"), SECOND),
                Event::StageEnded("deploying", End::Failed("no"), SECOND),
            ],
        );
        assert_eq!(
            text,
            "\nStarted validating\n  Downloading stemcell... Finished (00:00:01)\n\
             Finished validating (01:01:40)\n\nUploading stemcell 'a/1'... Skipped [Known] (00:00:01)\n\
             \nStarted deploying\n  Creating VM... Failed (00:00:01)\nFailed deploying (00:00:01)\n"
        );
    }

    /// What comes in between does not tear a line apart, and is said once.
    #[test]
    fn what_comes_between_has_lines_of_its_own() {
        let text = written(
            Form::Lines,
            &[
                Event::StepStarted("Waiting"),
                Event::Waiting("no route"),
                Event::Waiting("no route"),
                Event::Warning("slow"),
                Event::StepEnded("Waiting", End::Finished, SECOND),
            ],
        );
        assert_eq!(
            text,
            "Waiting...\n  waiting: no route\nWarning: slow\nWaiting... Finished (00:00:01)\n"
        );
    }

    /// A log has the time of day before each line, and no empty ones.
    #[test]
    fn a_log_has_the_time() {
        let text = written(
            Form::Log,
            &[
                Event::StageStarted("validating"),
                Event::StageEnded("validating", End::Finished, SECOND),
            ],
        );
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!(&lines[0][2..3], ":");
        assert_eq!(&lines[1][8..], " Finished validating (00:00:01)");
    }
}
