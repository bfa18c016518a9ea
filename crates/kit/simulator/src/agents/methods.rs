//! What an agent does for each message.
//!
//! Source: bosh-agent `agent/action`: which are tasks, and what each answers.

use super::builtin::Booted;
use super::bus::Message;
use super::{lock, tasks};
use axum::body::Bytes;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use std::sync::Arc;

/// The messages that are answered with a task.
const TASKS: &[&str] = &[
    "add_persistent_disk",
    "apply",
    "compile_package",
    "drain",
    "migrate_disk",
    "mount_disk",
    "prepare",
    "remove_persistent_disk",
    "run_script",
    "stop",
    "unmount_disk",
    "update_settings",
];

impl Booted {
    /// Answers a message.
    pub fn handle(self: &Arc<Self>, message: Message) -> Result<Value, String> {
        tracing::debug!(vm = self.inside.vm, method = message.method, "message to an agent");
        if !TASKS.contains(&message.method.as_str()) {
            return self.act(&message);
        }
        let id = lock(&self.tasks).begin();
        let (agent, task) = (Arc::clone(self), id.clone());
        tokio::spawn(async move {
            let outcome = agent
                .act(&message)
                .map_err(|error| format!("Action Failed get_task: Task {task} result: {error}"));
            lock(&agent.tasks).end(&task, outcome);
        });
        Ok(tasks::running(&id))
    }

    fn act(&self, message: &Message) -> Result<Value, String> {
        let inside = &self.inside;
        match message.method.as_str() {
            "ping" => Ok(json!("pong")),
            "info" => Ok(json!({"api_version": 1})),
            "get_task" => lock(&self.tasks).ask(&text(message, 0)?),
            "cancel_task" => Ok(json!("canceled")),
            "get_state" => Ok(self.state()),
            "prepare" => Ok(json!("prepared")),
            "apply" => self.apply(message),
            "start" => Ok(self.start()),
            "stop" => {
                lock(&inside.memory).stopped = true;
                Ok(json!("stopped"))
            }
            "drain" => drain(&text(message, 0)?),
            "run_script" => text(message, 0).map(|_| json!({})),
            "list_disk" => Ok(json!(inside.list())),
            "add_persistent_disk" => {
                let hint = message.arguments.get(1).ok_or("argument 1 is missing: the hint")?;
                inside.add_disk(&text(message, 0)?, hint)?;
                Ok(json!("added_persistent_disk"))
            }
            "remove_persistent_disk" => {
                inside.remove_disk(&text(message, 0)?);
                Ok(json!("removed_persistent_disk"))
            }
            "mount_disk" => {
                inside.mount(&text(message, 0)?, message.arguments.get(1)).map(|()| json!({}))
            }
            "unmount_disk" => Ok(json!({"message": inside.unmount(&text(message, 0)?)})),
            "migrate_disk" => inside.migrate().map(|()| json!({})),
            "compile_package" => self.compile(message),
            "update_settings" => Ok(json!("updated")),
            "delete_arp_entries" => Ok(json!({})),
            "sync_dns" => Ok(json!("synced")),
            unknown => Err(format!("unknown message {unknown}")),
        }
    }

    fn state(&self) -> Value {
        let memory = lock(&self.inside.memory);
        let mut state = match &memory.spec {
            Some(Value::Object(spec)) => spec.clone(),
            _ => serde_json::Map::new(),
        };
        state.entry("networks").or_insert_with(|| self.settings.networks.clone());
        state.insert("agent_id".into(), json!(self.settings.agent_id));
        state.insert("bosh_protocol".into(), json!("1"));
        state.insert("vm".into(), json!({"name": self.inside.vm}));
        let job_state = if memory.stopped { "stopped" } else { "running" };
        state.insert("job_state".into(), json!(job_state));
        Value::Object(state)
    }

    fn apply(&self, message: &Message) -> Result<Value, String> {
        let spec = message.arguments.first().filter(|spec| spec.is_object());
        let spec = spec.ok_or("argument 0: expected a spec")?;
        lock(&self.inside.memory).spec = Some(spec.clone());
        Ok(json!("applied"))
    }

    /// The jobs run, and leave something on the store.
    fn start(&self) -> Value {
        lock(&self.inside.memory).stopped = false;
        self.inside.write_on_store(self.settings.agent_id.clone());
        json!("started")
    }

    /// What compiles nothing still needs its source: the package is the source itself.
    fn compile(&self, message: &Message) -> Result<Value, String> {
        let (id, digest, name) = (text(message, 0)?, text(message, 1)?, text(message, 2)?);
        let mut memory = lock(&self.inside.memory);
        let source = memory.blobs.get(&id).cloned();
        let source = source.ok_or_else(|| {
            format!("Compiling package {name}: Fetching package blob: {id} is no blob")
        })?;
        if !fits(&source, &digest) {
            return Err(format!("Compiling package {name}: blob {id} is not {digest}"));
        }
        let compiled = uuid::Uuid::new_v4().to_string();
        let result = json!({"sha1": hex(&Sha1::digest(&source)), "blobstore_id": compiled});
        memory.blobs.insert(compiled, source);
        Ok(json!({"result": result}))
    }
}

/// Digests are SHA-1, or bear the name of their kind; of several one has to fit.
fn fits(bytes: &Bytes, digests: &str) -> bool {
    digests.split(';').any(|digest| match digest.split_once(':') {
        Some(("sha256", digest)) => hex(&Sha256::digest(bytes)) == digest,
        Some(("sha1", digest)) => hex(&Sha1::digest(bytes)) == digest,
        None => hex(&Sha1::digest(bytes)) == digest,
        Some(_) => false,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn drain(kind: &str) -> Result<Value, String> {
    match kind {
        "update" | "shutdown" | "status" => Ok(json!(0)),
        kind => Err(format!("Unknown drain type {kind}")),
    }
}

fn text(message: &Message, at: usize) -> Result<String, String> {
    let text = message.arguments.get(at).and_then(Value::as_str);
    text.map(str::to_owned)
        .ok_or_else(|| format!("{}: argument {at}: expected a text", message.method))
}
