//! How a VM is reached from outside, and what it reaches: firewall rules of its public address,
//! load balancers, routes.

use super::names::Names;
use super::security_groups::{Ports, Protocol};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a public address lets in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FirewallRule {
    /// `tcp` (default), `udp` or `icmp`.
    pub protocol: Protocol,
    /// A port (`443`) or a range (`8000-8080`). Default: all of them.
    pub ports: Ports,
    /// The ICMP type. Default: any.
    pub icmp_type: Option<i16>,
    /// The ICMP code. Default: any.
    pub icmp_code: Option<i16>,
    /// The range or ranges that may come in. Default: `0.0.0.0/0`.
    #[serde(alias = "cidrs")]
    pub cidr: Names,
}

/// A load balancer to put the VM behind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LoadBalancer {
    /// The rule's name. Made where there is none of that name.
    pub name: String,
    /// `roundrobin` (default), `leastconn` or `source`.
    pub algorithm: Option<String>,
    /// The port of the VMs; needed where the rule has to be made.
    pub private_port: Option<u16>,
    /// The port of the public address; needed where the rule has to be made.
    pub public_port: Option<u16>,
    /// Let everybody in to the public port. Means nothing in a VPC, which has ACLs.
    pub open_firewall: bool,
    /// The public address; needed where the rule has to be made.
    pub public_ip: Option<String>,
}

/// A way to a range that does not go over the default gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Route {
    /// The range: `10.9.0.0/16`.
    pub cidr: String,
    /// The address in the network that knows the way.
    pub gateway: String,
}
