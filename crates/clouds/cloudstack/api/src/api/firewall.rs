//! Firewall rules of public addresses. A VPC has ACLs in their place.

use super::Other;
use serde::{Deserialize, Serialize};

/// Finds firewall rules.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListFirewallRules {
    /// By id.
    pub id: Option<String>,
    /// Of this address.
    pub ipaddressid: Option<String>,
    /// Everything the caller may see, not only its own.
    pub listall: Option<bool>,
}

/// Lets traffic in to an address. Answers the rule's id at once; a rule that lets some of it in
/// already is a conflict (537).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CreateFirewallRule {
    /// The address.
    pub ipaddressid: String,
    /// `tcp`, `udp` or `icmp`.
    pub protocol: String,
    /// The first port; none of icmp.
    pub startport: Option<u16>,
    /// The last port.
    pub endport: Option<u16>,
    /// From where; from everywhere if empty.
    pub cidrlist: Vec<String>,
    /// The ICMP type; -1 for all.
    pub icmptype: Option<i32>,
    /// The ICMP code; -1 for all.
    pub icmpcode: Option<i32>,
}

/// Deletes a firewall rule.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeleteFirewallRule {
    /// The rule.
    pub id: String,
}

/// A firewall rule.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FirewallRule {
    /// Its id.
    pub id: String,
    /// `tcp`, `udp` or `icmp`.
    #[serde(default)]
    pub protocol: String,
    /// The first port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub startport: Option<u16>,
    /// The last port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endport: Option<u16>,
    /// From where, comma-separated.
    #[serde(default)]
    pub cidrlist: String,
    /// The ICMP type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icmptype: Option<i32>,
    /// The ICMP code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icmpcode: Option<i32>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
