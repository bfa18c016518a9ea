//! What lets traffic in and out: firewall rules, forwarded ports, load balancers.

use super::{Cloud, Entity};
use std::net::Ipv4Addr;

/// Every IPv4 address.
pub const ANYWHERE: &str = "0.0.0.0/0";

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
    /// What comes to these ports.
    pub fn to_ports(protocol: &str, ports: (u16, u16)) -> Self {
        Self { protocol: protocol.to_owned(), ports: Some(ports), icmp: None }
    }

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

impl PortForwarding {
    /// What it takes from its address.
    pub fn traffic(&self) -> Traffic {
        Traffic::to_ports(&self.protocol, self.public)
    }
}

impl LoadBalancer {
    /// What it takes from its address: all its protocols but one go over TCP.
    pub fn traffic(&self) -> Traffic {
        let udp = self.protocol.as_deref() == Some("udp");
        Traffic::to_ports(if udp { "udp" } else { "tcp" }, self.public)
    }
}

impl Cloud {
    /// Whether a load balancer or a forwarded port takes some of this from an address.
    pub fn port_is_used(&self, address: &str, traffic: &Traffic) -> bool {
        let mut balancers = self.routing.balancers.iter().filter(|rule| rule.address == address);
        let mut forwardings =
            self.routing.forwardings.iter().filter(|rule| rule.address == address);
        balancers.any(|rule| rule.traffic().overlaps(traffic))
            || forwardings.any(|rule| rule.traffic().overlaps(traffic))
    }

    /// Lets traffic in to an address for a load balancer or a forwarded port, and as long as that
    /// is there.
    pub fn open_firewall(
        &mut self,
        address: &str,
        network: &str,
        traffic: Traffic,
        from: Option<&str>,
        goes_with: &str,
    ) {
        let rule = FirewallRule {
            id: self.new_id(),
            address: Some(address.to_owned()),
            network: network.to_owned(),
            traffic,
            cidrs: from.unwrap_or(ANYWHERE).to_owned(),
            to: String::new(),
            goes_with: Some(goes_with.to_owned()),
        };
        self.routing.firewall.insert(rule);
    }
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
