//! A run in a process of its own, which can be killed: the test's program, started once more.

use create_env::{CpiSource, Created, Error, Event, Options, Reporter};
use rustix::process::{Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const VARIABLE: &str = "CREATE_ENV_WORKER";

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verb {
    Create,
    Recreate,
    MoveDisk,
    Delete,
}

/// Where a run dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Death {
    /// At which of the moments that count.
    pub at: usize,
    /// How long after it, in ms: while a call is under way.
    pub after: u64,
}

/// A run for the worker.
#[derive(Debug, Serialize, Deserialize)]
struct Task {
    folder: PathBuf,
    verb: Verb,
    death: Option<Death>,
    /// Where it writes which moments there were.
    log: PathBuf,
}

/// Does it.
pub fn act(
    folder: &Path,
    cpi: &CpiSource,
    verb: Verb,
    reporter: &dyn Reporter,
) -> Result<Option<Created>, Error> {
    let options = Options {
        recreate: verb == Verb::Recreate,
        recreate_disks: verb == Verb::MoveDisk,
        agent_timeout: Duration::from_secs(30),
        ..Options::default()
    };
    super::with(folder, cpi, &options, reporter, |environment| match verb {
        Verb::Delete => create_env::delete(environment).map(|()| None),
        _ => create_env::create(environment).map(Some),
    })
}

/// A moment at which a run can die.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// What happened, and to what.
    pub text: String,
}

impl Moment {
    /// Whether the CPI begins to work then.
    pub fn is_call(&self) -> bool {
        self.text.starts_with("asked Cpi") && !self.text.ends_with(" info")
    }
}

/// Dies before or after a call, a message or a step, or after something was written down.
struct Dying {
    death: Option<Death>,
    seen: AtomicUsize,
    log: Mutex<File>,
}

impl Reporter for Dying {
    fn tell(&self, event: Event<'_>) {
        let text = match event {
            Event::Asked(party, what) => format!("asked {party:?} {what}"),
            Event::Answered(party, what, _) => format!("answered {party:?} {what}"),
            Event::Saved => "saved".to_owned(),
            Event::StepStarted(_) => "step".to_owned(),
            _ => return,
        };
        writeln!(self.log.lock().unwrap(), "{text}").unwrap();
        let moment = self.seen.fetch_add(1, Ordering::SeqCst);
        match self.death {
            Some(Death { at, after: 0 }) if at == moment => die(),
            Some(Death { at, after }) if at == moment => {
                std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(after));
                    die();
                });
            }
            _ => {}
        }
    }
}

fn die() {
    kill_process(getpid(), Signal::KILL).unwrap();
}

/// The worker's test: does nothing unless it is started as one.
pub fn work() {
    let Ok(task) = std::env::var(VARIABLE) else { return };
    let task: Task = serde_json::from_str(&task).unwrap();
    let Task { folder, verb, death, log } = task;
    let log = Mutex::new(File::create(log).unwrap());
    let reporter = Dying { death, seen: AtomicUsize::new(0), log };
    if let Err(error) = act(&folder, &super::command(), verb, &reporter) {
        panic!("{error}");
    }
}

/// A run that has ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub moments: Vec<Moment>,
    pub stderr: String,
}

/// Runs a worker.
pub fn run(folder: &Path, verb: Verb, death: Option<Death>) -> Ended {
    let log = folder.join("moments");
    let task = Task { folder: folder.to_owned(), verb, death, log: log.clone() };
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["worker", "--exact", "--nocapture"])
        .env(VARIABLE, serde_json::to_string(&task).unwrap())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    Ended {
        status: output.status,
        moments: text.lines().map(|text| Moment { text: text.to_owned() }).collect(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
