//! The agent's settings, as the user-data of the deploy call.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bosh_cpi::Networks;
use bosh_cpi::agent::{AgentProperties, Settings};
use bosh_cpi::method::Hash;
use cloud_http::Secret;
use secrecy::ExposeSecret;

/// The root disk. The agent maps `/dev/sdX` to what the hypervisor calls it (bosh-agent
/// `mapped_device_path_resolver.go`).
const SYSTEM_DISK: &str = "/dev/sda";

/// The data disk of a deploy has device id 1. Its volume id is unknown when the settings are
/// written, so that it cannot be hinted by its serial number.
const EPHEMERAL_DISK: &str = "/dev/sdb";

/// Whether the VM gets an ephemeral disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ephemeral {
    /// A data disk of its own.
    Disk,
    /// None: the agent uses what is free of the root disk.
    None,
}

/// What the settings of one VM are made of.
pub(crate) struct NewAgent<'a> {
    pub agent_id: &'a str,
    pub vm_name: &'a str,
    pub networks: &'a Networks,
    pub ephemeral: Ephemeral,
    pub env: &'a Hash,
}

/// The user-data of a VM: its complete settings, base64. It holds secrets.
pub(crate) fn user_data(agent: &AgentProperties, new: &NewAgent<'_>) -> Secret {
    let ephemeral = new.ephemeral == Ephemeral::Disk;
    let settings = Settings {
        agent_id: new.agent_id,
        vm_name: new.vm_name,
        networks: new.networks,
        system_disk: SYSTEM_DISK,
        ephemeral_disk: ephemeral.then_some(EPHEMERAL_DISK),
        env: new.env,
        agent,
    };
    let json = settings.to_json();
    Secret::from(STANDARD.encode(json.expose_secret()))
}
