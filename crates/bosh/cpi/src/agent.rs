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
    /// `local`, `dav`, `s3` or `gcs`; without it the agent is told of no blobstore.
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
        if let Some(blobstore) = self.agent.blobstore.as_ref().filter(|b| !b.provider.is_empty()) {
            settings["blobstore"] =
                json!({"provider": blobstore.provider, "options": blobstore.options});
        }
        SecretString::from(settings.to_string())
    }
}

/// A text under `env.bosh`, such as `group` (`create_vm_step.rb`).
pub fn env_text<'a>(env: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    env.get("bosh")?.get(key)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::argument::Argument;

    fn settings(agent: Value) -> Value {
        let agent: AgentProperties = serde_json::from_value(agent).unwrap();
        let networks = json!({
            "default": {"type": "manual", "ip": "10.50.0.10", "netmask": "255.255.255.0",
                        "gateway": "10.50.0.1", "dns": ["8.8.8.8"], "default": ["dns", "gateway"],
                        "mac": "02:00:00:00:00:0a", "cloud_properties": {"name": "bosh-net"}},
        });
        let env = json!({"bosh": {"password": "*", "group": "g"}});
        let settings = Settings {
            agent_id: "agent-1",
            vm_name: "vm-1",
            networks: &Networks::read(networks, "arguments[3]").unwrap(),
            system_disk: "/dev/sda",
            ephemeral_disk: Some("/dev/sdb"),
            env: env.as_object().unwrap(),
            agent: &agent,
        };
        serde_json::from_str(settings.to_json().expose_secret()).unwrap()
    }

    #[test]
    fn settings_are_complete_so_that_no_registry_is_needed() {
        let agent = json!({
            "mbus": "nats://nats:pw@10.50.0.2:4222",
            "ntp": ["0.pool.ntp.org"],
            "blobstore": {"provider": "dav", "options": {"endpoint": "http://10.50.0.2:25250"}},
        });
        let expected = json!({
            "agent_id": "agent-1",
            "vm": {"name": "vm-1", "id": "vm-1"},
            "networks": {"default": {
                "type": "manual", "ip": "10.50.0.10", "netmask": "255.255.255.0",
                "gateway": "10.50.0.1", "dns": ["8.8.8.8"], "default": ["dns", "gateway"],
                "mac": "02:00:00:00:00:0a",
            }},
            "disks": {"system": "/dev/sda", "persistent": {}, "ephemeral": "/dev/sdb"},
            "env": {"bosh": {"password": "*", "group": "g"}},
            "ntp": ["0.pool.ntp.org"],
            "mbus": "nats://nats:pw@10.50.0.2:4222",
            "blobstore": {"provider": "dav", "options": {"endpoint": "http://10.50.0.2:25250"}},
        });
        assert_eq!(settings(agent), expected);
    }

    #[test]
    fn what_the_config_does_not_say_is_left_to_env() {
        let bare = settings(json!({"blobstore": {"options": {}}}));
        assert_eq!((bare.get("mbus"), bare.get("blobstore")), (None, None));
    }

    #[test]
    fn secrets_are_not_shown() {
        let agent: AgentProperties = serde_json::from_value(json!({
            "mbus": "nats://nats:s3cret@h", "blobstore": {"provider": "dav",
            "options": {"password": "s3cret"}},
        }))
        .unwrap();
        assert!(!format!("{agent:?}").contains("s3cret"));
    }
}
