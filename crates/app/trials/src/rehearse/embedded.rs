//! The embedded cloud of a rehearsal, with the built-in agent.

use crate::demo::{Thing, left};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use simulator_cloudstack::agents::{AgentEntry, Agents};
use simulator_cloudstack::world::RoleSpec;
use simulator_cloudstack::{Credentials, Running, Simulator, World};
use std::net::{Ipv4Addr, SocketAddr};

/// An embedded cloud.
#[derive(Debug)]
pub struct Embedded {
    running: Running,
    keys: Credentials,
    zone: String,
}

impl Embedded {
    /// Starts `world` on a free loopback port; its VMs have agents.
    pub fn start(world: World) -> Result<Self> {
        let admin = world.accounts.iter().find(|account| account.role == RoleSpec::Admin);
        let account = admin.or(world.accounts.first()).context("the world has no account")?;
        let account = account.name.clone();
        let zone = world.zones.first().context("the world has no zone")?.name.clone();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let running = Simulator::spawn_thread(world, address)?;
        running.keep_agents(Agents::Builtin)?;
        let keys = running.credentials(&account).context("the account has no keys")?;
        Ok(Self { running, keys, zone })
    }

    /// Puts this cloud in place of the manifest's.
    pub(super) fn point(&self, document: &mut Value) {
        let Some(properties) = document.pointer_mut("/cloud_provider/properties/cloudstack") else {
            return;
        };
        if !properties.is_object() {
            return;
        }
        properties["endpoint"] = json!(self.running.endpoint());
        properties["api_key"] = json!(self.keys.api_key);
        properties["secret_access_key"] = json!(self.keys.secret_key);
        if properties["default_zone"].is_null() {
            properties["default_zone"] = json!(self.zone);
        }
    }

    /// A VM's agent.
    pub(super) fn agent(&self, vm: &str) -> Option<AgentEntry> {
        self.running.agents().into_iter().find(|agent| agent.vm == vm)
    }

    /// What agents have written on a volume.
    pub(super) fn written_on(&self, volume: &str) -> Option<Vec<String>> {
        self.running.written_on(volume)
    }

    /// What is in the cloud and was not there before.
    pub(super) fn left(&self) -> Vec<Thing> {
        left(&self.running.inventory())
    }
}
