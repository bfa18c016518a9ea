//! A call whose answer outlives whoever asked for it.
//!
//! The request is read from a file and the answer written to one, so that a CPI neither stops nor
//! loses its answer when its caller dies. The file of the answer is locked as long as the caller
//! or the CPI lives (`flock` belongs to the open file, which both share): whoever comes next waits
//! for the lock, and then knows that nothing more is going to be written.

use crate::{Answer, Broken, Driver};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

const REQUEST: &str = "request.json";
const ANSWER: &str = "answer.json";
const ERRORS: &str = "stderr.log";
/// How often is looked whether a CPI of an earlier caller has ended.
const PAUSE: Duration = Duration::from_millis(20);

/// A call in a folder of its own, which holds request, answer and standard error; for its owner's
/// eyes only, since requests hold secrets.
#[derive(Debug)]
pub struct DurableCall {
    folder: PathBuf,
}

/// What came of a call of an earlier caller.
#[derive(Debug)]
pub enum Outcome {
    /// The CPI was never started.
    NotStarted,
    /// It answered.
    Answered(Answer),
    /// It ended without an answer that can be read: nobody knows what it did.
    Unknown(Broken),
}

impl DurableCall {
    /// The call of this folder, which need not be there yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts the CPI, and waits until it has ended. It is in a process group of its own, so that
    /// Ctrl-C ends the caller's step but not the CPI's work.
    ///
    /// # Errors
    /// Those of the file system, and of starting the program. What the CPI answers is judged by
    /// [`Ended::answer`].
    pub fn run(&self, driver: &Driver, request: &[u8]) -> io::Result<Ended> {
        self.forget()?;
        DirBuilder::new().mode(0o700).recursive(true).create(&self.folder)?;
        let mut asked = self.create(REQUEST)?;
        asked.write_all(request)?;
        asked.sync_all()?;
        drop(asked);
        let errors = self.create(ERRORS)?;
        let answer = self.create(ANSWER)?;
        answer.lock()?;
        let mut command = driver.command();
        command
            .stdin(Stdio::from(File::open(self.folder.join(REQUEST))?))
            .stdout(Stdio::from(answer.try_clone()?))
            .stderr(Stdio::from(errors))
            .process_group(0);
        let status = command.spawn()?.wait()?;
        answer.sync_all()?;
        Ok(Ended { status, stdout: self.read(ANSWER)?, stderr: self.stderr() })
    }

    /// What came of it, if an earlier caller died meanwhile. Waits while the CPI still works.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn recover(&self) -> io::Result<Outcome> {
        let path = self.folder.join(ANSWER);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Outcome::NotStarted);
            }
            Err(error) => return Err(error),
        };
        loop {
            // What a CPI leaves running may hold the lock for ever, the answer is there anyway.
            if let Ok(answer) = Answer::read_leniently(&fs::read(&path)?) {
                return Ok(Outcome::Answered(answer));
            }
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(match Answer::read_leniently(&fs::read(&path)?) {
            Ok(answer) => Outcome::Answered(answer),
            Err(broken) => Outcome::Unknown(broken),
        })
    }

    /// What the CPI has written on standard error.
    pub fn stderr(&self) -> String {
        let bytes = self.read(ERRORS).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Removes the folder. To be called once the answer is recorded elsewhere.
    ///
    /// # Errors
    /// Those of the file system, but for a folder that is not there.
    pub fn forget(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn create(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(self.folder.join(name))
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.folder.join(name))
    }
}

/// A CPI that has ended.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// All of standard output.
    pub stdout: Vec<u8>,
    /// All of standard error.
    pub stderr: String,
}

impl Ended {
    /// The answer as the CLI reads it: an exit status that says failure is one, whatever is
    /// answered.
    ///
    /// # Errors
    /// What is no answer.
    pub fn answer(&self) -> Result<Answer, Broken> {
        let answer = Answer::read_leniently(&self.stdout);
        match (answer, self.status.success()) {
            (Ok(_), false) => Err(Broken::BadExit(self.status)),
            (answer, _) => answer,
        }
    }
}
