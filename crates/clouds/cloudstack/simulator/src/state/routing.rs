//! What lies around the networks: offerings, public addresses, rules, VPCs.

use super::address::{PublicAddress, PublicRange};
use super::network_offering::NetworkOffering;
use super::rule::{FirewallRule, LoadBalancer, PortForwarding};
use super::vpc::{AclList, AclRule, Vpc, VpcOffering};
use super::{Cloud, Table};
use crate::engine::Refusal;
use std::collections::{BTreeMap, BTreeSet};

/// The first VLAN that an isolated network gets.
const FIRST_VLAN: u32 = 100;

/// What lies around the networks.
#[derive(Debug, Default)]
pub struct Routing {
    /// Network offerings.
    pub offerings: Table<NetworkOffering>,
    /// The service offering of the virtual routers.
    pub router_offering: String,
    /// The ids of the zones' physical networks, by the zone's.
    pub physical: BTreeMap<String, String>,
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
    pub(super) fn add_physical_networks(&mut self) {
        self.routing.router_offering = self.new_id();
        let zones: Vec<String> = self.zones.iter().map(|zone| zone.id.clone()).collect();
        for zone in zones {
            let id = self.new_id();
            self.routing.physical.insert(zone, id);
        }
    }

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
            network.implementing = true;
        }
        if let Some(account) = owner.and_then(|owner| self.accounts.get_mut(&owner)) {
            account.had_router = true;
        }
        Ok(())
    }

    /// The router of a network runs.
    pub fn network_is_ready(&mut self, id: &str) {
        if let Some(network) = self.networks.get_mut(id) {
            network.implementing = false;
        }
    }

    /// Removes a network with its addresses, rules and tags.
    pub fn remove_network(&mut self, id: &str) {
        let here = |address: &&PublicAddress| {
            address.lease.as_ref().is_some_and(|lease| lease.network.as_deref() == Some(id))
        };
        let addresses: Vec<String> =
            self.routing.addresses.iter().filter(here).map(|address| address.id.clone()).collect();
        for address in addresses {
            self.free_address(&address);
        }
        self.routing.firewall.retain(|rule| rule.network != id);
        self.drop_tags(id);
        self.networks.remove(id);
    }
}
