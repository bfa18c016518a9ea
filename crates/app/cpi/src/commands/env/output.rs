//! How a run is shown: lines for a terminal or a log, or a stream of events.

use super::events::Events;
use super::exit::Failure;
use super::lines::{Form, Lines};
use super::status::Report;
use crate::stdout;
use clap::Args;
use create_env::{Plan, Reporter};
use std::io::{self, BufRead, IsTerminal, Write};

/// How a run is shown.
#[derive(Debug, Clone, Default, Args)]
pub struct OutputArguments {
    /// Print each event as a line of JSON as it happens.
    #[arg(long)]
    pub json: bool,

    /// Print as on a terminal, also where there is none. BOSH_TTY does the same.
    #[arg(long)]
    pub tty: bool,

    /// Ask nothing. BOSH_NON_INTERACTIVE does the same; so does a standard input that is no
    /// terminal.
    #[arg(short, long)]
    pub non_interactive: bool,
}

/// Shows a run, and asks what it must ask.
pub trait Output: Reporter {
    /// Says something that is no step.
    fn say(&self, line: &str);

    /// Shows a plan.
    fn plan(&self, plan: &Plan);

    /// Shows what is there.
    fn status(&self, report: &Report);

    /// Says how the run ended.
    fn end(&self, outcome: Result<(), &Failure>);
}

impl OutputArguments {
    /// The output that is wanted.
    pub fn open(&self) -> io::Result<Box<dyn Output>> {
        if self.json {
            return Ok(Box::new(Events::new(stdout::stream()?)));
        }
        let form = if io::stdout().is_terminal() {
            Form::Terminal
        } else if self.tty || is_set("BOSH_TTY") {
            Form::Lines
        } else {
            Form::Log
        };
        Ok(Box::new(Lines::new(stdout::stream()?, form, self.may_ask())))
    }

    /// Whether a person can be asked.
    pub fn may_ask(&self) -> bool {
        let silent = self.json || self.non_interactive || is_set("BOSH_NON_INTERACTIVE");
        !silent && io::stdin().is_terminal() && io::stdout().is_terminal()
    }
}

/// Whether a variable of the environment says yes.
pub fn is_set(name: &str) -> bool {
    let value = std::env::var(name).unwrap_or_default();
    !matches!(value.to_ascii_lowercase().as_str(), "" | "0" | "f" | "false")
}

/// Whether something is lost if a plan is carried out.
pub fn destroys(plan: &Plan) -> bool {
    !plan.unchanged && !plan.deleted.is_empty()
}

/// Asks a person on the terminal.
pub fn ask(question: &str) -> bool {
    let mut terminal = io::stderr();
    let mut answer = String::new();
    let asked = write!(terminal, "{question} [yN]: ").and_then(|()| terminal.flush());
    asked.and_then(|()| io::stdin().lock().read_line(&mut answer)).is_ok()
        && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}
