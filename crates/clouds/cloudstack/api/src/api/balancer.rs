//! Load balancer rules.

use super::Other;
use serde::{Deserialize, Serialize};

/// Finds load balancer rules.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListLoadBalancerRules {
    /// By id.
    pub id: Option<String>,
    /// By exact name.
    pub name: Option<String>,
    /// Everything the caller may see, not only its own.
    pub listall: Option<bool>,
}

/// Balances a port of an address. Answers the rule's id at once.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CreateLoadBalancerRule {
    /// Its name.
    pub name: String,
    /// What people read of it.
    pub description: Option<String>,
    /// `roundrobin`, `leastconn` or `source`.
    pub algorithm: String,
    /// The public address.
    pub publicipid: String,
    /// The port there.
    pub publicport: u16,
    /// The port of its VMs.
    pub privateport: u16,
    /// The network of its VMs.
    pub networkid: Option<String>,
    /// Let everybody in to the port; a VPC has ACLs instead.
    pub openfirewall: Option<bool>,
}

/// Puts VMs behind a rule. One that is behind it already is refused.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AssignToLoadBalancerRule {
    /// The rule.
    pub id: String,
    /// The VMs.
    pub virtualmachineids: Vec<String>,
}

/// Deletes a rule.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeleteLoadBalancerRule {
    /// The rule.
    pub id: String,
}

/// The VMs behind a rule.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListLoadBalancerRuleInstances {
    /// The rule.
    pub id: String,
}

/// A load balancer rule.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LoadBalancerRule {
    /// Its id.
    pub id: String,
    /// Its name; not unique.
    #[serde(default)]
    pub name: String,
    /// What people read of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its public address.
    #[serde(default)]
    pub publicip: String,
    /// The port there.
    #[serde(default)]
    pub publicport: String,
    /// The port of its VMs.
    #[serde(default)]
    pub privateport: String,
    /// The network of its VMs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networkid: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
