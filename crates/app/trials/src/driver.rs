//! Starts a CPI as a director does: one process a request, almost no environment.

use serde_json::{Map, Value, json};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Starts a CPI, once for each request.
///
/// Source: director `external_cpi.rb`: it waits without end, and passes `PATH`, `TMPDIR` and
/// `HOME` only.
#[derive(Debug, Clone)]
pub struct Driver {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
    /// What stands in each request's `context`.
    pub context: Map<String, Value>,
    /// What each request but `info` says under `api_version`.
    pub api_version: u8,
}

/// What came of one request.
#[derive(Debug)]
pub struct Reply {
    /// All of standard output.
    pub stdout: Vec<u8>,
    /// All of standard error.
    pub stderr: String,
    /// How the process ended.
    pub status: ExitStatus,
    /// From the start of the process to its end.
    pub took: Duration,
    /// Why the request could not be written to the end, which a director takes for a failure.
    pub unread: Option<io::Error>,
}

/// An answer that the contract knows: `result` or `error`.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The result, or the error.
    pub outcome: Result<Value, AnswerError>,
    /// The line for the task's log.
    pub log: String,
}

/// An answered error.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct AnswerError {
    /// `Bosh::Clouds::…`
    pub kind: String,
    /// The words.
    pub message: String,
    /// Whether the director may try again.
    pub ok_to_retry: bool,
}

/// What a director would not have accepted as an answer.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The request was not read to its end.
    #[error("the request was not read: {0}")]
    Unread(String),
    /// Standard output is not one JSON document.
    #[error("the answer is not JSON ({0}): {1:?}")]
    NotJson(String, String),
    /// A key is missing, or its value has the wrong type.
    #[error("the answer has no proper '{0}': {1}")]
    BadKey(&'static str, String),
    /// `bosh create-env` takes this for a failure, whatever was answered.
    #[error("the CPI answered, but ended with {0}")]
    BadExit(ExitStatus),
}

impl Driver {
    /// Drives `program` with `arguments`: for ours `--config FILE`.
    pub fn new<A: Into<OsString>>(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let environment = [
            ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin".into()),
            ("TMPDIR", std::env::temp_dir().into()),
        ];
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment: environment.into(),
            context: Map::new(),
            api_version: 3,
        }
    }

    /// The same with a home folder.
    pub fn home(mut self, home: impl Into<OsString>) -> Self {
        self.environment.push(("HOME", home.into()));
        self
    }

    /// The request of a method as a director writes it.
    pub fn request(&self, method: &str, arguments: Value) -> Value {
        let mut request =
            json!({"method": method, "arguments": arguments, "context": self.context});
        if method != "info" {
            request["api_version"] = json!(self.api_version);
        }
        request
    }

    /// Calls a method.
    pub fn call(&self, method: &str, arguments: Value) -> io::Result<Reply> {
        self.send(self.request(method, arguments).to_string().as_bytes())
    }

    /// Sends bytes, whatever they are.
    pub fn send(&self, request: &[u8]) -> io::Result<Reply> {
        self.send_to(request, |_| {})
    }

    /// The same; `started` learns the process's id before the request is written.
    pub fn send_to(&self, request: &[u8], started: impl FnOnce(u32)) -> io::Result<Reply> {
        let begun = Instant::now();
        let mut child = self.command().spawn()?;
        started(child.id());
        let mut stdin = child.stdin.take().expect("it is piped");
        let mut stderr = child.stderr.take().expect("it is piped");
        // All three streams move at once, since any of them may fill its pipe.
        let (unread, stderr, output) = std::thread::scope(|scope| {
            let writing = scope.spawn(move || stdin.write_all(request).err());
            let reading = scope.spawn(move || {
                let mut bytes = Vec::new();
                stderr.read_to_end(&mut bytes).map(|_| bytes)
            });
            let output = child.wait_with_output();
            (writing.join(), reading.join(), output)
        });
        let output = output?;
        let stderr = stderr.expect("reading does not panic")?;
        Ok(Reply {
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
            status: output.status,
            took: begun.elapsed(),
            unread: unread.expect("writing does not panic"),
        })
    }

    /// Sends a request whose answer nobody reads: the pipe is closed before it is written.
    pub fn send_unread(&self, request: &[u8]) -> io::Result<ExitStatus> {
        let mut child = self.command().stderr(Stdio::null()).spawn()?;
        drop(child.stdout.take());
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(request)?;
        drop(stdin);
        child.wait()
    }

    /// The process to start, for those who want other streams.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

impl Reply {
    /// The answer, judged as strictly as director and CLI together do.
    pub fn answer(&self) -> Result<Answer, Broken> {
        if let Some(error) = &self.unread {
            return Err(Broken::Unread(error.to_string()));
        }
        let answer: Value = serde_json::from_slice(&self.stdout).map_err(|e| {
            Broken::NotJson(e.to_string(), String::from_utf8_lossy(&self.stdout).into_owned())
        })?;
        let bad = |key| Broken::BadKey(key, answer.to_string());
        let log = answer.get("log").and_then(Value::as_str).ok_or_else(|| bad("log"))?.to_owned();
        let outcome = match answer.get("error").ok_or_else(|| bad("error"))? {
            Value::Null => Ok(answer.get("result").ok_or_else(|| bad("result"))?.clone()),
            error => Err(read_error(error).ok_or_else(|| bad("error"))?),
        };
        if !self.status.success() {
            return Err(Broken::BadExit(self.status));
        }
        Ok(Answer { outcome, log })
    }
}

fn read_error(error: &Value) -> Option<AnswerError> {
    Some(AnswerError {
        kind: error.get("type")?.as_str()?.to_owned(),
        message: error.get("message")?.as_str()?.to_owned(),
        ok_to_retry: error.get("ok_to_retry")?.as_bool()?,
    })
}
