//! A VM whose agent knows no message bus would never be heard of: it is not made.

use bosh_cpi::agent::AgentProperties;
use bosh_cpi::{CpiError, Result};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

/// Makes sure that the agent of a VM with this `env` is told of a message bus.
///
/// # Errors
/// Neither the config nor the director names one.
pub(crate) fn require(agent: &AgentProperties, env: &Map<String, Value>) -> Result<()> {
    let configured =
        agent.mbus.as_ref().is_some_and(|mbus| !mbus.expose_secret().trim().is_empty());
    // A director's own stands over the config's (bosh-agent settings/settings.go, GetMbusURL).
    let urls = env.get("bosh").and_then(|bosh| bosh.pointer("/mbus/urls")?.as_array());
    if configured || urls.is_some_and(|urls| !urls.is_empty()) {
        return Ok(());
    }
    Err(CpiError::cpi(
        "cloud.properties.agent.mbus is required: the agent of the VM would never connect. It is \
         the director's message bus, such as nats://nats:PASSWORD@10.0.0.6:4222; for create-env \
         it is https://mbus:PASSWORD@0.0.0.0:6868",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn agent(mbus: Value) -> AgentProperties {
        serde_json::from_value(json!({"mbus": mbus})).unwrap()
    }

    fn env(env: Value) -> Map<String, Value> {
        env.as_object().cloned().unwrap()
    }

    #[test]
    fn an_agent_needs_a_message_bus_of_the_config_or_the_director() {
        let none = env(json!({"bosh": {"group": "g"}}));
        let own = env(json!({"bosh": {"mbus": {"urls": ["nats://10.0.0.6:4222"]}}}));
        require(&agent(json!("nats://n:p@10.0.0.6:4222")), &none).unwrap();
        require(&agent(json!(null)), &own).unwrap();
        for mbus in [json!(null), json!(""), json!(" ")] {
            let error = require(&agent(mbus), &none).unwrap_err().message;
            assert!(error.starts_with("cloud.properties.agent.mbus is required"), "{error}");
        }
    }
}
