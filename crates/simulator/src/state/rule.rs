//! What lets traffic in and out: firewall rules, forwarded ports, load balancers.

use super::Entity;
use std::net::Ipv4Addr;

/// A firewall rule of a public address, or an egress rule of a network.
#[derive(Debug, Clone)]
pub struct FirewallRule {
    /// Its id.
    pub id: String,
    /// The public address that it opens; None for an egress rule.
    pub address: Option<String>,
    /// The network.
    pub network: String,
    /// What it lets through.
    pub traffic: Traffic,
    /// From where, comma-separated.
    pub cidrs: String,
    /// To where, comma-separated; only egress rules say it.
    pub to: String,
    /// The load balancer or forwarded port that it was made for, and goes with.
    pub goes_with: Option<String>,
}

/// What a rule lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    /// `tcp`, `udp`, `icmp` or `all`.
    pub protocol: String,
    /// First and last port.
    pub ports: Option<(u16, u16)>,
    /// ICMP type and code.
    pub icmp: Option<(i64, i64)>,
}

impl Traffic {
    /// Whether both let the same through somewhere.
    pub fn overlaps(&self, other: &Self) -> bool {
        let ports = match (self.ports, other.ports) {
            (Some((first, last)), Some((from, to))) => first <= to && from <= last,
            _ => self.ports == other.ports,
        };
        self.protocol == other.protocol && ports && self.icmp == other.icmp
    }
}

/// A port of a public address that leads to a VM.
#[derive(Debug, Clone)]
pub struct PortForwarding {
    /// Its id.
    pub id: String,
    /// The public address.
    pub address: String,
    /// The network of the VM's NIC.
    pub network: String,
    /// The VM.
    pub vm: String,
    /// The NIC's address.
    pub guest: Option<Ipv4Addr>,
    /// `tcp` or `udp`.
    pub protocol: String,
    /// First and last public port.
    pub public: (u16, u16),
    /// First and last private port.
    pub private: (u16, u16),
}

/// A load balancer on a port of a public address.
#[derive(Debug, Clone)]
pub struct LoadBalancer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The public address.
    pub address: String,
    /// The network of its members.
    pub network: String,
    /// `roundrobin`, `leastconn` or `source`.
    pub algorithm: String,
    /// `tcp`, `udp` …, where it was said.
    pub protocol: Option<String>,
    /// First and last public port.
    pub public: (u16, u16),
    /// First and last private port.
    pub private: (u16, u16),
    /// From where, comma-separated, where it was said.
    pub cidrs: Option<String>,
    /// Whether it was given to the router: it is, once it has had a member.
    pub applied: bool,
    /// The VMs behind it.
    pub members: Vec<Member>,
}

/// A VM behind a load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The VM.
    pub vm: String,
    /// The address that it is reached at, if not its NIC's.
    pub address: Option<Ipv4Addr>,
}

impl Entity for FirewallRule {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Entity for PortForwarding {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Entity for LoadBalancer {
    fn id(&self) -> &str {
        &self.id
    }
}
