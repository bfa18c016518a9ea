//! The settings that the agent in a new VM reads from the cloud's metadata service.

use crate::Networks;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The `agent` properties of the config: what every VM's agent is told.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AgentProperties {
    /// The message bus with its credentials: `nats://…`, or `https://…` for create-env.
    #[schemars(with = "Option<String>")]
    pub mbus: Option<SecretString>,
    /// NTP servers; `env.bosh.ntp` wins over them.
    pub ntp: Vec<String>,
    /// The blobstore of older agents; `env.bosh.blobstores` wins over it. May hold credentials.
    pub blobstore: Option<Blobstore>,
}

/// A blobstore as the agent takes it.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Blobstore {
    /// `local`, `dav`, `s3` or `gcs`.
    pub provider: String,
    /// The provider's options.
    pub options: Map<String, Value>,
}

/// Options may hold credentials, so only the provider is shown.
impl std::fmt::Debug for Blobstore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blobstore").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// The complete settings of one VM, so that no registry is needed.
///
/// Source: bosh-agent `settings/settings.go`; unknown keys are ignored there.
pub struct Settings<'a> {
    /// The agent's id.
    pub agent_id: &'a str,
    /// The VM's name in the cloud.
    pub vm_name: &'a str,
    /// Networks with their MACs.
    pub networks: &'a Networks,
    /// The root disk's device.
    pub system_disk: &'a str,
    /// The ephemeral disk's device, if there is such a disk.
    pub ephemeral_disk: Option<&'a str>,
    /// The director's env, verbatim.
    pub env: &'a Map<String, Value>,
    /// The config's agent properties.
    pub agent: &'a AgentProperties,
}

impl Settings<'_> {
    /// The JSON text that becomes the VM's user-data. It holds secrets.
    pub fn to_json(&self) -> SecretString {
        let mut disks = json!({"system": self.system_disk, "persistent": {}});
        if let Some(device) = self.ephemeral_disk {
            disks["ephemeral"] = json!(device);
        }
        let mut settings = json!({
            "agent_id": self.agent_id,
            "vm": {"name": self.vm_name, "id": self.vm_name},
            "networks": self.networks.to_settings(),
            "disks": disks,
            "env": self.env,
            "ntp": self.agent.ntp,
        });
        if let Some(mbus) = &self.agent.mbus {
            settings["mbus"] = json!(mbus.expose_secret());
        }
        if let Some(blobstore) = &self.agent.blobstore {
            settings["blobstore"] =
                json!({"provider": blobstore.provider, "options": blobstore.options});
        }
        SecretString::from(settings.to_string())
    }
}

/// Reads `env.bosh.group`-like texts out of the director's env.
pub fn env_text<'a>(env: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    env.get("bosh")?.get(key)?.as_str()
}

