//! Vip networks: public addresses in front of the VM.

use super::network_ref::named_network;
use crate::name_ref::NetworkRef;
use crate::properties::{FirewallRule, NetworkProperties};
use bosh_cpi::{CpiError, Network, Result};
use std::net::IpAddr;

/// A public address in front of the VM.
pub(in crate::methods::create_vm) struct VipSpec {
    /// The network's name in the manifest.
    pub name: String,
    /// Where its properties stand.
    pub path: String,
    /// The address; None for any that is acquired.
    pub ip: Option<IpAddr>,
    /// Whether to acquire it, if the account does not have it.
    pub acquire: bool,
    /// Whether it may be taken from another VM.
    pub takeover: bool,
    /// What it lets in.
    pub firewall: Vec<FirewallRule>,
    /// The network whose NIC it leads to, where one is named.
    pub network: Option<NetworkRef>,
    /// The group whose NIC it leads to.
    pub group: Option<String>,
}

impl VipSpec {
    pub(super) fn read(
        name: &str,
        network: &Network,
        properties: &NetworkProperties,
    ) -> Result<Self> {
        let path = network.cloud_properties.path().to_owned();
        if network.ip.is_none() && !properties.acquire {
            return Err(CpiError::cpi(format!(
                "arguments[3].{name}.ip is required: which address is it? ({path}.acquire: true takes \
                 any)"
            )));
        }
        Ok(Self {
            name: name.to_owned(),
            ip: network.ip,
            acquire: properties.acquire,
            takeover: properties.takeover,
            firewall: properties.firewall.clone(),
            network: named_network(properties, &path),
            group: network.nic_group.clone(),
            path,
        })
    }
}
