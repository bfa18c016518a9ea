//! An embedded cloud, and calls in this process.

use cpi_runtime::log::LogOutput;
use cpi_runtime::{ConfigFile, Environment, answer};
use serde_json::{Value, json};
use simulator_cloudstack::{Running, Simulator, World};
use std::io;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// A cloud, and a folder for the journal of who asks it.
pub struct Stage {
    pub simulator: Running,
    state: TempDir,
}

/// What a call gave.
pub struct Called {
    pub response: Value,
    /// The lines of its log.
    pub log: Vec<String>,
}

impl Stage {
    pub fn new() -> Self {
        let world = World::builtin().instant();
        let simulator = Simulator::spawn_thread(world, ([127, 0, 0, 1], 0).into()).unwrap();
        Self { simulator, state: tempfile::tempdir().unwrap() }
    }

    fn config(&self) -> Value {
        let keys = self.simulator.credentials("admin").unwrap();
        json!({"cloud": {"plugin": "cloudstack", "properties": {
            "cloudstack": {
                "endpoint": self.simulator.endpoint(),
                "api_key": keys.api_key,
                "secret_access_key": keys.secret_key,
                "default_zone": "adv",
                "default_offer": {"disk": "Custom"},
                "log_level": "debug",
                "ledger": {"horizon": 0, "budget": 5},
            },
            "agent": {"mbus": "nats://nats:pw@10.50.0.6:4222"},
            "state_dir": self.state.path(),
        }}})
    }

    /// One call as a director makes it, on this thread.
    pub fn call(&self, id: &str, method: &str, arguments: Value) -> Called {
        self.call_with(id, method, arguments, || Ok(()))
    }

    /// The same, with what happens to the response.
    pub fn call_with(
        &self,
        id: &str,
        method: &str,
        arguments: Value,
        deliver: impl FnOnce() -> io::Result<()>,
    ) -> Called {
        let request = json!({
            "method": method,
            "arguments": arguments,
            "api_version": 2,
            "context": {"director_uuid": "d-1", "request_id": id},
        });
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        let output =
            LogOutput::Lines(Arc::new(move |line| lines.lock().unwrap().push(line.to_owned())));
        let environment = Environment { log: output, ..Environment::of_process() };
        let config = ConfigFile::parse(self.config().to_string().as_bytes());
        let mut response = Value::Null;
        let _ = answer(request.to_string().as_bytes(), &config, &environment, |it| {
            response = serde_json::from_str(&it.to_json()).unwrap();
            deliver()
        });
        let log = std::mem::take(&mut *log.lock().unwrap());
        Called { response, log }
    }
}
