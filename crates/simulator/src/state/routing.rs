//! What lies around the networks: offerings, public addresses, rules, VPCs.

use super::address::{PublicAddress, PublicRange};
use super::network_offering::NetworkOffering;
use super::rule::{FirewallRule, LoadBalancer, PortForwarding};
use super::vpc::{AclList, AclRule, Vpc, VpcOffering};
use super::{Cloud, Table};
use crate::engine::Refusal;
use std::collections::BTreeSet;

/// The first VLAN that an isolated network gets.
const FIRST_VLAN: u32 = 100;

/// What lies around the networks.
#[derive(Debug, Default)]
pub struct Routing {
    /// Network offerings.
    pub offerings: Table<NetworkOffering>,
    /// Ranges of public addresses.
    pub ranges: Vec<PublicRange>,
    /// Public addresses.
    pub addresses: Table<PublicAddress>,
    /// Firewall and egress rules.
    pub firewall: Table<FirewallRule>,
    /// Forwarded ports.
    pub forwardings: Table<PortForwarding>,
    /// Load balancers.
    pub balancers: Table<LoadBalancer>,
    /// VPC offerings.
    pub vpc_offerings: Table<VpcOffering>,
    /// VPCs.
    pub vpcs: Table<Vpc>,
    /// ACL lists.
    pub acl_lists: Table<AclList>,
    /// Rules of ACL lists.
    pub acl_rules: Table<AclRule>,
}

impl Cloud {
    /// Makes a network ready for a VM that starts in it: a VLAN, a router, its source NAT address.
    pub fn implement_network(&mut self, id: &str) -> Result<(), Refusal> {
        let Some(network) = self.networks.get(id).filter(|network| network.state() == "Allocated")
        else {
            return Ok(());
        };
        let (zone, owner) = (network.zone.clone(), network.owner.clone());
        if network.vpc.is_none() && self.network_offers(id, "SourceNat") {
            self.take_source_nat(&zone, owner.as_deref(), id)?;
        }
        let used: BTreeSet<String> =
            self.networks.iter().filter_map(|network| network.vlan.clone()).collect();
        let vlan = (FIRST_VLAN..).map(|vlan| vlan.to_string()).find(|vlan| !used.contains(vlan));
        if let Some(network) = self.networks.get_mut(id) {
            network.vlan = network.vlan.take().or(vlan);
            network.implemented = true;
        }
        Ok(())
    }
}
