//! Public addresses: a pool per zone, and what each is used for.

use super::{Cloud, Entity};
use crate::engine::Refusal;
use crate::world::World;
use jiff::Timestamp;
use std::net::Ipv4Addr;

/// A public address. It has its id also while nobody uses it.
#[derive(Debug, Clone)]
pub struct PublicAddress {
    /// Its id.
    pub id: String,
    /// The address.
    pub address: Ipv4Addr,
    /// Its zone.
    pub zone: String,
    /// The range that it is from, by its place in `routing.ranges`.
    pub range: usize,
    /// Who has it; None while it is free.
    pub lease: Option<Lease>,
}

/// An address in use.
#[derive(Debug, Clone)]
pub struct Lease {
    /// The account that has it.
    pub owner: String,
    /// The network that it belongs to.
    pub network: Option<String>,
    /// The VPC that it belongs to.
    pub vpc: Option<String>,
    /// Whether the network's VMs reach the world from it.
    pub source_nat: bool,
    /// The VM that it leads to.
    pub static_nat: Option<StaticNat>,
    /// Since when.
    pub since: Timestamp,
}

/// The VM that an address leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticNat {
    /// The VM.
    pub vm: String,
    /// The network of its NIC.
    pub network: String,
    /// The NIC's address.
    pub address: Ipv4Addr,
}

/// A range of public addresses.
#[derive(Debug, Clone)]
pub struct PublicRange {
    /// Its id (`vlanid`).
    pub id: String,
    /// The id of the public network that it is of.
    pub network: String,
    /// Its VLAN.
    pub vlan: u32,
}

impl Lease {
    /// The address leads to no VM any more. One of a VPC belongs to a tier only while it does.
    pub fn end_static_nat(&mut self) {
        self.static_nat = None;
        self.network = self.network.take().filter(|_| self.vpc.is_none());
    }
}

impl Entity for PublicAddress {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Cloud {
    pub(super) fn add_public_ranges(&mut self, world: &World) {
        for spec in &world.public_ranges {
            let zone = self.zones.iter().find(|zone| zone.name() == spec.zone);
            let Some(zone) = zone.map(|zone| zone.id.clone()) else { continue };
            let range = PublicRange { id: self.new_id(), network: self.new_id(), vlan: spec.vlan };
            self.routing.ranges.push(range);
            for address in u32::from(spec.start)..=u32::from(spec.end) {
                let id = self.new_id();
                self.routing.addresses.insert(PublicAddress {
                    id,
                    address: address.into(),
                    zone: zone.clone(),
                    range: self.routing.ranges.len() - 1,
                    lease: None,
                });
            }
        }
    }

    /// Takes a free public address of a zone: `wanted`, or the lowest. Returns its id.
    pub fn lease_address(
        &mut self,
        zone: &str,
        wanted: Option<Ipv4Addr>,
        lease: Lease,
    ) -> Result<String, Refusal> {
        let free = self.routing.addresses.iter_mut().find(|address| {
            address.zone == zone
                && address.lease.is_none()
                && wanted.is_none_or(|wanted| address.address == wanted)
        });
        let Some(address) = free else {
            return Err(Refusal::new(533, 4320, format!("no free public address in zone {zone}")));
        };
        address.lease = Some(lease);
        Ok(address.id.clone())
    }

    /// The source NAT address of a network; one is taken unless it has one.
    pub fn take_source_nat(
        &mut self,
        zone: &str,
        owner: Option<&str>,
        network: &str,
    ) -> Result<(), Refusal> {
        let has = self.has_source_nat(network);
        // A zone without public addresses has no router that needs one.
        let pool = self.routing.addresses.iter().any(|address| address.zone == zone);
        if has || !pool {
            return Ok(());
        }
        let lease = Lease {
            owner: owner.unwrap_or_default().to_owned(),
            network: Some(network.to_owned()),
            vpc: None,
            source_nat: true,
            static_nat: None,
            since: self.now(),
        };
        self.lease_address(zone, None, lease).map(drop)
    }

    /// Whether a network has its source NAT address.
    pub fn has_source_nat(&self, network: &str) -> bool {
        let leases = self.routing.addresses.iter().filter_map(|address| address.lease.as_ref());
        leases
            .filter(|lease| lease.source_nat)
            .any(|lease| lease.network.as_deref() == Some(network))
    }

    /// Gives an address back, with every rule on it.
    pub fn free_address(&mut self, id: &str) {
        self.routing.firewall.retain(|rule| rule.address.as_deref() != Some(id));
        self.routing.forwardings.retain(|rule| rule.address != id);
        self.routing.balancers.retain(|rule| rule.address != id);
        self.drop_tags(id);
        if let Some(address) = self.routing.addresses.get_mut(id) {
            address.lease = None;
        }
    }

    /// Whether ports of an address are forwarded or balanced.
    pub fn has_rules(&self, id: &str) -> bool {
        self.routing.forwardings.iter().any(|rule| rule.address == id)
            || self.routing.balancers.iter().any(|rule| rule.address == id)
    }

    /// Takes a VM out of everything that leads to it from outside: it is expunged.
    pub fn forget_guest(&mut self, vm: &str) {
        for address in self.routing.addresses.iter_mut() {
            let Some(lease) = &mut address.lease else { continue };
            if lease.static_nat.as_ref().is_some_and(|nat| nat.vm == vm) {
                lease.end_static_nat();
            }
        }
        self.routing.forwardings.retain(|rule| rule.vm != vm);
        for rule in self.routing.balancers.iter_mut() {
            rule.members.retain(|member| member.vm != vm);
        }
    }
}
