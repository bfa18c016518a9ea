//! A run in a process of its own, which can be killed: the test's program, started once more.
//! The program has a test that calls [`work`].

use bosh_manifest::yaml;
use create_env::manifest::{Folders, Reading};
use create_env::{CpiSource, Created, Environment, Error, Event, Manifest, Options, Reporter};
use rustix::process::{Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha512};
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
    /// `create-env`.
    Create,
    /// The same with `--recreate`.
    Recreate,
    /// The same with `--recreate-persistent-disks`.
    MoveDisk,
    /// `delete-env`.
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
    program: PathBuf,
    arguments: Vec<String>,
    verb: Verb,
    death: Option<Death>,
    /// Where it writes which moments there were.
    log: PathBuf,
}

/// Does something with the environment whose manifest is in `folder`.
pub fn with<T>(
    folder: &Path,
    cpi: &CpiSource,
    options: &Options,
    reporter: &dyn Reporter,
    act: impl FnOnce(&Environment<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let path = folder.join("manifest.yml");
    let text = std::fs::read_to_string(&path).unwrap();
    let reading = Reading {
        folders: Folders { manifest: folder, home: None },
        cpi_from_release: *cpi == CpiSource::Release,
    };
    let document = yaml::parse(&text).unwrap();
    let manifest = Manifest::read(&document, reading).unwrap_or_else(|error| panic!("{error}"));
    let sha = Sha512::digest(yaml::write(&document).as_bytes());
    let sha: String = sha.iter().map(|byte| format!("{byte:02x}")).collect();
    act(&Environment {
        manifest: &manifest,
        manifest_path: &path,
        manifest_sha: &sha,
        state: &folder.join("state.json"),
        home: &folder.join("home"),
        cpi,
        options,
        reporter,
        stopped: &|| false,
    })
}

/// Runs a verb in this process.
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
    with(folder, cpi, &options, reporter, |environment| match verb {
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
    let Task { folder, program, arguments, verb, death, log } = task;
    let cpi = CpiSource::Command { program, arguments, plugin: None };
    let log = Mutex::new(File::create(log).unwrap());
    let reporter = Dying { death, seen: AtomicUsize::new(0), log };
    if let Err(error) = act(&folder, &cpi, verb, &reporter) {
        panic!("{error}");
    }
}

/// A run that has ended.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// What has happened.
    pub moments: Vec<Moment>,
    /// What it said.
    pub stderr: String,
}

/// Runs a worker: `test` is the name of the test that calls [`work`].
pub fn run(test: &str, folder: &Path, cpi: &CpiSource, verb: Verb, death: Option<Death>) -> Ended {
    let CpiSource::Command { program, arguments, .. } = cpi.clone() else {
        panic!("a worker's CPI is a command");
    };
    let log = folder.join("moments");
    let folder = folder.to_owned();
    let task = Task { folder, program, arguments, verb, death, log: log.clone() };
    let output = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
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
