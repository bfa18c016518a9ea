//! What a run tells while it goes on: stages and steps as the CLI has them, calls and messages.

use crate::error::Error;
use crate::plan::Plan;
use std::fmt;
use std::time::{Duration, Instant};

/// Whoever is told what a run does. Nothing is printed here.
pub trait Reporter: Sync {
    /// Something has happened.
    fn tell(&self, event: Event<'_>);

    /// Whether to do what is planned. Asked once, before anything is touched.
    fn confirm(&self, _plan: &Plan) -> bool {
        true
    }
}

/// Something that has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// A stage begins; its steps follow.
    StageStarted(&'a str),
    /// A stage has ended.
    StageEnded(&'a str, End<'a>, Duration),
    /// A step begins.
    StepStarted(&'a str),
    /// A step has ended.
    StepEnded(&'a str, End<'a>, Duration),
    /// So many bytes of a step are done, of how many if that is known.
    Progress(u64, Option<u64>),
    /// What a step waits for, and what stands in the way.
    Waiting(&'a str),
    /// A call or a message is about to be sent.
    Asked(Party, &'a str),
    /// It was answered, or not.
    Answered(Party, &'a str, Result<(), &'a str>),
    /// What is there was written down.
    Saved,
    /// Something that a person should know, and that ends nothing.
    Warning(&'a str),
}

/// Whom a call or message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// The CPI.
    Cpi,
    /// The agent in the VM.
    Agent,
}

/// How a stage or a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End<'a> {
    /// As wanted.
    Finished,
    /// It was not needed.
    Skipped(&'a str),
    /// Why not.
    Failed(&'a str),
}

/// A reporter for whoever wants to hear nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Reporter for Silent {
    fn tell(&self, _: Event<'_>) {}
}

/// Why a step was not needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Skipped(pub &'static str);

/// What runs stages and steps, and tells of them.
#[derive(Clone, Copy)]
pub(crate) struct Steps<'a> {
    pub reporter: &'a dyn Reporter,
    /// Whether somebody wants the run to end.
    pub stopped: &'a dyn Fn() -> bool,
}

impl fmt::Debug for Steps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Steps")
    }
}

impl Steps<'_> {
    /// Runs a stage.
    pub fn stage<T>(&self, name: &str, act: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.reporter.tell(Event::StageStarted(name));
        let begun = Instant::now();
        let outcome = act();
        let why = outcome.as_ref().err().map(ToString::to_string);
        let end = why.as_deref().map_or(End::Finished, End::Failed);
        self.reporter.tell(Event::StageEnded(name, end, begun.elapsed()));
        outcome
    }

    /// Runs a step, unless the run is to end.
    pub fn step<T>(&self, name: &str, act: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.skippable(name, || act().map(|value| (value, None)))
    }

    /// Runs a step that may find that it is not needed.
    pub fn skippable<T>(
        &self,
        name: &str,
        act: impl FnOnce() -> Result<(T, Option<Skipped>), Error>,
    ) -> Result<T, Error> {
        self.check()?;
        self.reporter.tell(Event::StepStarted(name));
        let begun = Instant::now();
        let outcome = act();
        let why = outcome.as_ref().err().map(ToString::to_string);
        let end = match (&outcome, &why) {
            (_, Some(why)) => End::Failed(why),
            (Ok((_, Some(Skipped(reason)))), _) => End::Skipped(reason),
            _ => End::Finished,
        };
        self.reporter.tell(Event::StepEnded(name, end, begun.elapsed()));
        outcome.map(|(value, _)| value)
    }

    /// An error if the run is to end.
    pub fn check(&self) -> Result<(), Error> {
        if (self.stopped)() { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Tells of something that ends nothing.
    pub fn warn(&self, text: impl AsRef<str>) {
        self.reporter.tell(Event::Warning(text.as_ref()));
    }
}
