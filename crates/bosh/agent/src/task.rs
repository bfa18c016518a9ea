//! Messages that take their time: the agent answers with a task's id, which is asked for until
//! the task has ended.

use crate::{Agent, AgentError, Failure};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The first pause between two polls, and the longest.
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);
/// How many polls in a row may fail on the way.
const LOST: usize = 10;

/// How long to wait, and whether to go on.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    /// When waiting ends.
    pub until: Option<Instant>,
    /// Whether whoever waits was told to stop.
    pub stopped: &'a dyn Fn() -> bool,
}

impl Default for Patience<'_> {
    /// As long as it takes.
    fn default() -> Self {
        Self { until: None, stopped: &|| false }
    }
}

impl<'a> Patience<'a> {
    /// So long from now.
    pub fn of(time: Duration, stopped: &'a dyn Fn() -> bool) -> Self {
        Self { until: Instant::now().checked_add(time), stopped }
    }

    /// Pauses; why not to go on then, if there is a reason.
    pub(crate) fn pause(&self, time: Duration) -> Result<(), Failure> {
        if (self.stopped)() {
            return Err(Failure::Interrupted);
        }
        let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(Failure::TimedOut);
        }
        std::thread::sleep(left.map_or(time, |left| left.min(time)));
        Ok(())
    }
}

impl Agent {
    /// Sends a message, and waits until the task that it begins has ended: its value. A task that
    /// is not waited for any longer is cancelled.
    ///
    /// # Errors
    /// As [`Agent::ask`]; `TimedOut` and `Interrupted`.
    pub fn run(
        &self,
        method: &str,
        arguments: Value,
        patience: Patience<'_>,
    ) -> Result<Value, AgentError> {
        let mut value = self.ask(method, arguments)?;
        let (mut pause, mut lost) = (FIRST, 0);
        while let Some(task) = running(&value) {
            if let Err(failure) = patience.pause(pause) {
                // Who does not wait does not want it either; if it fails, it goes on.
                drop(self.ask("cancel_task", json!([task])));
                return Err(self.exchange(method).failed(failure));
            }
            pause = (pause * 2).min(LONGEST);
            match self.ask("get_task", json!([task])) {
                Ok(answer) => (value, lost) = (answer, 0),
                Err(error) if error.may_heal() && lost < LOST => lost += 1,
                Err(error) => return Err(AgentError { what: method.to_owned(), ..error }),
            }
        }
        Ok(value)
    }
}

/// The id of the task that an answer stands for.
fn running(value: &Value) -> Option<Value> {
    let id = value.get("agent_task_id")?;
    (value.get("state").is_none_or(|state| state == "running")).then(|| id.clone())
}
