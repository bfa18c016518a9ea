//! How long things take.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long calls and jobs take, by command. Without any, nothing takes time.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Latencies {
    /// For commands that have none of their own.
    pub default: Latency,
    /// By the name of the command.
    pub commands: BTreeMap<String, Latency>,
}

/// How long a command takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Latency {
    /// Milliseconds until the call is answered.
    pub call: u64,
    /// Milliseconds that its job takes.
    pub job: u64,
}

impl Latencies {
    /// How long a call of this command takes to be answered.
    pub fn call(&self, command: &str) -> Duration {
        Duration::from_millis(self.of(command).call)
    }

    /// How long a job of this command takes.
    pub fn job(&self, command: &str) -> Duration {
        Duration::from_millis(self.of(command).job)
    }

    fn of(&self, command: &str) -> Latency {
        self.commands.get(command).copied().unwrap_or(self.default)
    }
}
