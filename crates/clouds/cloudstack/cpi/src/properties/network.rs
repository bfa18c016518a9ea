//! `cloud_properties` of networks: subnets, with the AZ's properties merged in.

use super::examples;
use super::exposure::FirewallRule;
use super::names::{Names, ONE_PROJECT};
use cpi_kit::properties::{Ignored, RejectUnsupported, Unsupported};
use schemars::JsonSchema;
use serde::Deserialize;

/// Which network of the cloud it is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(transform = examples::of(examples::NETWORK))]
pub struct NetworkProperties {
    /// The network's name; it must be the only one of that name in the zone.
    #[serde(alias = "network_name")]
    pub name: Option<String>,
    /// The network's id, instead of its name.
    #[serde(alias = "network_id", alias = "net_id")]
    pub id: Option<String>,
    /// The zone, by name or id. Default: the VM's.
    #[serde(alias = "availability_zone")]
    pub zone: Option<String>,
    /// Security groups of the VMs in this network, by name or id, beside those of the VM.
    pub security_groups: Names,
    /// The VPC, by name or id, whose tier it is: tells two tiers of one name apart.
    pub vpc: Option<String>,

    /// Of a vip network: take the address for the VM if the account does not have it, or any
    /// address where the network has none. It is given back when the VM is deleted. Its network
    /// (`name` or `id`) is the one whose NIC it leads to; default: the first NIC's.
    pub acquire: bool,
    /// Of a vip network: whether the address may be taken from the VM that it leads to.
    pub takeover: bool,
    /// Of a vip network: what the address lets in. Not in a VPC, which has ACLs. The rules go
    /// with the VM.
    pub firewall: Vec<FirewallRule>,

    /// Of a network that BOSH manages: its offering, by name or id. Default:
    /// `DefaultIsolatedNetworkOfferingWithSourceNatService`, for a tier
    /// `DefaultIsolatedNetworkOfferingForVpcNetworks`.
    pub network_offering: Option<String>,
    /// Of a tier that BOSH manages: its ACL, by name or id. Default: `default_deny`.
    pub acl: Option<String>,

    /// Go release: keep this NIC from being eth0. MACs tell the agent which is which.
    #[schemars(skip)]
    pub undiscoverable: Ignored,
    /// Refused: one account's or project's things are one CPI's.
    #[schemars(skip)]
    pub project: Unsupported,
}

impl Default for NetworkProperties {
    fn default() -> Self {
        Self {
            name: None,
            id: None,
            zone: None,
            security_groups: Names::default(),
            vpc: None,
            acquire: false,
            takeover: true,
            firewall: Vec::new(),
            network_offering: None,
            acl: None,
            undiscoverable: Ignored,
            project: Unsupported::default(),
        }
    }
}

impl RejectUnsupported for NetworkProperties {
    fn later(&self) -> Vec<&'static str> {
        let all = [("project", self.project)];
        all.into_iter().filter(|(_, later)| later.asked()).map(|(name, _)| name).collect()
    }

    fn why(&self) -> &'static str {
        ONE_PROJECT
    }
}
