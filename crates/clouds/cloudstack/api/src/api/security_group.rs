//! Security groups: what may reach a VM, and what it may reach. Only in zones that have them.

use super::Other;
use serde::{Deserialize, Serialize};

/// Finds security groups.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListSecurityGroups {
    /// By exact name.
    pub securitygroupname: Option<String>,
}

/// Makes a security group without rules. A name that its account has already is refused with
/// 431.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CreateSecurityGroup {
    /// Its name, unique in its account.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

/// Deletes a security group. 536 if a VM is in it, or if a rule lets it in: one of its own too.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeleteSecurityGroup {
    /// The group.
    pub id: String,
}

/// Lets something in.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct AuthorizeSecurityGroupIngress(pub Traffic);

/// Lets something out; with the first such rule everything else may not go out any more.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct AuthorizeSecurityGroupEgress(pub Traffic);

/// What a rule lets through. A rule that is there already is refused with 530.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Traffic {
    /// The group that gets the rule.
    pub securitygroupid: String,
    /// `tcp`, `udp`, `icmp`, `all`.
    pub protocol: String,
    /// The first port.
    pub startport: Option<u16>,
    /// The last port.
    pub endport: Option<u16>,
    /// The ICMP type; -1 is any.
    pub icmptype: Option<i16>,
    /// The ICMP code; -1 is any.
    pub icmpcode: Option<i16>,
    /// From or to these ranges.
    pub cidrlist: Vec<String>,
    /// Or from or to the VMs of these groups.
    pub usersecuritygrouplist: Vec<PeerGroup>,
}

/// A security group on the other side of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PeerGroup {
    /// The account that owns it.
    pub account: String,
    /// Its name.
    pub group: String,
}

/// Takes back a rule of what comes in.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RevokeSecurityGroupIngress {
    /// The rule.
    pub id: String,
}

/// Takes back a rule of what goes out.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RevokeSecurityGroupEgress {
    /// The rule.
    pub id: String,
}

/// A security group.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Its id.
    pub id: String,
    /// Its name, unique in its account.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The account that owns it; none in a project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What comes in.
    #[serde(default)]
    pub ingressrule: Vec<SecurityRule>,
    /// What goes out.
    #[serde(default)]
    pub egressrule: Vec<SecurityRule>,
    /// The ids of the VMs in it.
    #[serde(default)]
    pub virtualmachineids: Vec<String>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// A rule of a security group.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SecurityRule {
    /// Its id.
    pub ruleid: String,
    /// The group on the other side, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub securitygroupname: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
