//! VLANs, subnets, addresses and network components.

use super::transaction::Transaction;
use crate::object_ref::Machine;
use crate::world::{GlobalAddressSpec, VlanSpec};
use ipnet::Ipv4Net;
use jiff::Timestamp;
use std::net::Ipv4Addr;
/// A VLAN.
#[derive(Debug, Clone)]
pub struct Vlan {
    /// Its id.
    pub id: u64,
    /// Where it is.
    pub location: u64,
    /// What the world says of it.
    pub spec: VlanSpec,
}

/// A subnet.
#[derive(Debug, Clone)]
pub struct Subnet {
    /// Its id.
    pub id: u64,
    /// Its VLAN.
    pub vlan: u64,
    /// Its addresses.
    pub range: Ipv4Net,
    /// Whether its addresses may move between machines of the VLAN.
    pub portable: bool,
}

/// An address of a subnet.
#[derive(Debug, Clone)]
pub struct Address {
    /// Its id.
    pub id: u64,
    /// Its subnet.
    pub subnet: u64,
    /// The address.
    pub address: Ipv4Addr,
    /// What somebody noted on it.
    pub note: Option<String>,
    /// The machine whose own address it is.
    pub machine: Option<Machine>,
}

/// A global address.
#[derive(Debug, Clone)]
pub struct GlobalAddress {
    /// Its id.
    pub id: u64,
    /// What the world says of it.
    pub spec: GlobalAddressSpec,
    /// The record of the address that it leads to.
    pub destination: Option<u64>,
    /// What the service is doing with it.
    pub transaction: Option<Transaction>,
}

/// A network component.
#[derive(Debug, Clone)]
pub struct Nic {
    /// Its id.
    pub id: u64,
    /// Its UUID.
    pub uuid: String,
    /// Whose it is.
    pub machine: Machine,
    /// 0: private; 1: public.
    pub port: u64,
    /// Its MAC.
    pub mac: String,
    /// Its VLAN.
    pub vlan: u64,
    /// Its primary subnet.
    pub subnet: u64,
    /// Its own address, once it has one.
    pub address: Option<Ipv4Addr>,
    /// Mbit/s.
    pub max_speed: u64,
    /// The security groups of a guest's.
    pub security_groups: Vec<u64>,
    /// When it was made.
    pub created: Timestamp,
}

impl Vlan {
    /// The subnet from which machines get their addresses, if nobody chooses another.
    pub fn primary_subnet(&self) -> u64 {
        self.spec.subnets.first().map_or(0, |subnet| subnet.id)
    }
}

impl Subnet {
    /// How many addresses there are.
    pub fn size(&self) -> u32 {
        1 << (32 - u32::from(self.range.prefix_len()))
    }

    /// The address at a place, counted from 0.
    pub fn address_at(&self, place: u32) -> Ipv4Addr {
        (u32::from(self.range.network()) + place).into()
    }

    /// How many addresses at its beginning are the service's own: network, gateway, and in a
    /// primary subnet the two routers.
    pub fn reserved(&self) -> u32 {
        if self.portable { 2 } else { 4 }
    }

    /// How many addresses machines may have.
    pub fn usable(&self) -> u32 {
        self.size().saturating_sub(self.reserved() + 1)
    }
}
