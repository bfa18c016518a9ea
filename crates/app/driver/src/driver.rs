//! Starts a CPI: one process a request, with almost no environment as a director does, or with
//! the caller's as the CLI does.

use crate::answer::Reply;
use serde_json::{Map, Value, json};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

/// Starts a CPI, once for each request.
///
/// Source: director `external_cpi.rb`: it waits without end, and passes `PATH`, `TMPDIR` and
/// `HOME` only.
#[derive(Debug, Clone)]
pub struct Driver {
    program: PathBuf,
    arguments: Vec<OsString>,
    /// Whether the caller's environment is passed on.
    inherits: bool,
    environment: Vec<(OsString, OsString)>,
    /// What stands in each request's `context`.
    pub context: Map<String, Value>,
    /// What each request but `info` says under `api_version`.
    pub api_version: u8,
}

impl Driver {
    /// Drives `program` with `arguments`: for ours `--config FILE`.
    pub fn new<A: Into<OsString>>(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let environment = [
            ("PATH".into(), "/usr/sbin:/usr/bin:/sbin:/bin".into()),
            ("TMPDIR".into(), std::env::temp_dir().into()),
        ];
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            inherits: false,
            environment: environment.into(),
            context: Map::new(),
            api_version: 3,
        }
    }

    /// The same with a home folder.
    pub fn home(self, home: impl Into<OsString>) -> Self {
        self.variable("HOME", home)
    }

    /// The same with a variable of the environment.
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The same with the caller's whole environment, as the CLI starts a CPI; variables that were
    /// set before are forgotten.
    ///
    /// Source: bosh-cli `cloud/cpi_cmd_runner.go`.
    pub fn with_callers_environment(mut self) -> Self {
        self.inherits = true;
        self.environment.clear();
        self
    }

    /// The program that is started.
    pub fn program(&self) -> &std::path::Path {
        &self.program
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
        if !self.inherits {
            command.env_clear();
        }
        command
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}
