//! Messages to the agent, as the CLI sends them.
//!
//! Source: bosh-agent `agentclient/http`: tasks are asked for until their answer has no
//! `agent_task_id`.

use super::Embedded;
use super::mbus::Mbus;
use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use cloud_http::{Deadline, Tls, Transport, TransportSettings};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::runtime::Runtime;

/// How long one message may take, and a task: compiling takes its time.
const MESSAGE: Duration = Duration::from_secs(30);
const TASK: Duration = Duration::from_secs(1800);

/// How long a VM may take to boot, and how often it is asked meanwhile.
const BOOT: Duration = Duration::from_secs(600);
const BOOT_EMBEDDED: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_EMBEDDED: Duration = Duration::from_millis(20);

/// The message bus of the one VM.
pub struct Bus<'a> {
    mbus: Mbus,
    transport: Transport,
    runtime: Runtime,
    embedded: Option<&'a Embedded>,
    /// The VM that has the agent.
    vm: String,
}

impl<'a> Bus<'a> {
    pub fn new(mbus: &Mbus, ca: Option<&str>, embedded: Option<&'a Embedded>) -> Result<Self> {
        let tls = Tls { ca_cert: ca.map(str::to_owned), skip_verify: ca.is_none() };
        let settings = TransportSettings { tls, ..TransportSettings::default() };
        let transport = Transport::new(settings)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { mbus: mbus.clone(), transport, runtime, embedded, vm: String::new() })
    }

    /// From now on the agent is that of another VM.
    pub fn turn_to(&mut self, vm: &str) {
        vm.clone_into(&mut self.vm);
    }

    /// Waits until the agent answers `ping`.
    pub fn ping(&self) -> Result<Value> {
        let (boot, pause) = match self.embedded {
            Some(_) => (BOOT_EMBEDDED, PAUSE_EMBEDDED),
            None => (BOOT, PAUSE),
        };
        let deadline = Deadline::after(boot);
        loop {
            match self.ask("ping", json!([])) {
                Ok(value) => {
                    ensure!(value == json!("pong"), "the agent answers ping with {value}");
                    return Ok(value);
                }
                Err(error) if deadline.passed() => {
                    return Err(error).context("the agent does not answer");
                }
                Err(_) => std::thread::sleep(pause),
            }
        }
    }

    /// Sends a message and waits until what it begins is done.
    pub fn tell(&self, method: &str, arguments: Value) -> Result<Value> {
        let deadline = Deadline::after(TASK);
        let mut value = self.ask(method, arguments)?;
        while let Some(task) = value.get("agent_task_id").cloned() {
            ensure!(!deadline.passed(), "{method}: task {task} does not end");
            std::thread::sleep(PAUSE_EMBEDDED);
            value = self.ask("get_task", json!([task])).with_context(|| method.to_owned())?;
        }
        Ok(value)
    }

    /// Puts a blob and reads it again.
    pub fn keep_blob(&self, id: &str, bytes: &[u8]) -> Result<()> {
        let path = format!("/blobs/{id}");
        let status = self.send("PUT", &path, Bytes::copy_from_slice(bytes))?.0;
        ensure!(status == 201, "PUT {path} answers {status}");
        let (status, read) = self.send("GET", &path, Bytes::new())?;
        ensure!(status == 200 && read == bytes, "GET {path} answers {status}, other bytes");
        Ok(())
    }

    fn ask(&self, method: &str, arguments: Value) -> Result<Value> {
        let message = json!({"method": method, "arguments": arguments, "reply_to": "rehearsal"});
        let (status, body) = self.send("POST", "/agent", Bytes::from(message.to_string()))?;
        ensure!(status == 200, "{method}: the agent answers {status}");
        let answer: Value = serde_json::from_slice(&body).context("the agent answers no JSON")?;
        if let Some(exception) = answer.get("exception") {
            bail!("{method}: {}", exception["message"].as_str().unwrap_or("an exception"));
        }
        answer.get("value").cloned().with_context(|| format!("{method}: no value is answered"))
    }

    fn send(&self, verb: &str, path: &str, body: Bytes) -> Result<(u16, Bytes)> {
        let mbus = self.place()?;
        let request = http::Request::builder()
            .method(verb)
            .uri(mbus.base() + path)
            .header("authorization", mbus.authorization())
            .header("content-type", "application/json")
            .body(body)?;
        let sent = self.transport.send(request, Deadline::after(MESSAGE));
        let answer = self.runtime.block_on(sent).with_context(|| mbus.base())?;
        Ok((answer.status().as_u16(), answer.into_body()))
    }

    /// Where the agent is: in the embedded cloud, wherever a port was free.
    fn place(&self) -> Result<Mbus> {
        let Some(embedded) = self.embedded else { return Ok(self.mbus.clone()) };
        let agent = embedded.agent(&self.vm).unwrap_or_default();
        let Some(address) = agent.address else {
            bail!("no agent yet: {}", agent.problem.as_deref().unwrap_or("it boots"));
        };
        Ok(self.mbus.at(&address.ip().to_string(), address.port()))
    }
}
