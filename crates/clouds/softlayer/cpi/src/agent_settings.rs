//! The agent's settings, as user metadata: base64 without padding, as stemcells for this cloud
//! have always read it.

use crate::properties::PATH;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bosh_cpi::agent::{AgentProperties, Settings};
use bosh_cpi::method::Hash;
use bosh_cpi::{CpiError, ErrorKind, Networks, Result};
use cloud_http::{Secret, reveal};
use serde_json::{Value, json};

/// The image's disk, device 0.
const SYSTEM_DISK: &str = "/dev/xvda";
/// Device 2. Device 1, `/dev/xvdb`, is swap.
const EPHEMERAL_DISK: &str = "/dev/xvdc";

/// What the settings of one VM are made of.
pub(crate) struct NewAgent<'a> {
    pub agent_id: &'a str,
    /// The VM's CID.
    pub vm: &'a str,
    pub networks: &'a Networks,
    pub ephemeral: bool,
    pub env: &'a Hash,
}

/// The complete settings of a VM. They hold secrets.
pub(crate) fn user_data(agent: &AgentProperties, new: &NewAgent<'_>) -> Secret {
    let settings = Settings {
        agent_id: new.agent_id,
        vm_name: new.vm,
        networks: new.networks,
        system_disk: SYSTEM_DISK,
        ephemeral_disk: new.ephemeral.then_some(EPHEMERAL_DISK),
        env: new.env,
        agent,
    };
    let json = settings.to_json();
    // Agents of the old stemcells learn the VM's name from here.
    match serde_json::from_str::<Value>(reveal(&json)) {
        Ok(mut settings) => {
            settings["server"] = json!({"name": new.vm});
            encoded(&settings.to_string())
        }
        Err(_) => encoded(reveal(&json)),
    }
}

/// What a VM serves until it has its settings: an agent that reads it tries again. Without any
/// there would be no configuration drive.
pub(crate) fn placeholder(name: &str) -> Secret {
    encoded(&json!({"server": {"name": name}}).to_string())
}

fn encoded(json: &str) -> Secret {
    URL_SAFE_NO_PAD.encode(json).into()
}

/// Refuses settings that are longer than `most` characters.
pub(crate) fn check_length(settings: &Secret, most: usize) -> Result<()> {
    let length = reveal(settings).len();
    if length <= most {
        return Ok(());
    }
    Err(CpiError::new(
        ErrorKind::VmCreationFailed,
        format!(
            "the agent's settings make {length} characters of user metadata, SoftLayer takes \
             {most}: shorten env (arguments[5]) or the agent's properties; where it takes more, \
             say so in {PATH}.userdata_max"
        ),
    ))
}
