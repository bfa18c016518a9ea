//! VPCs and the ACLs of their tiers.

use super::Other;
use serde::{Deserialize, Serialize};

/// Finds VPCs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListVpcs {
    /// By id.
    pub id: Option<String>,
    /// By name.
    pub name: Option<String>,
    /// Everything the caller may see, not only its own.
    pub listall: Option<bool>,
}

/// A VPC.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Vpc {
    /// Its id.
    pub id: String,
    /// Its name; not unique.
    pub name: String,
    /// Its zone.
    #[serde(default)]
    pub zoneid: String,
    /// Its range.
    #[serde(default)]
    pub cidr: String,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// Finds ACLs: those of a VPC, and the two that every VPC has.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListNetworkAclLists {
    /// Of this VPC.
    pub vpcid: Option<String>,
    /// By name.
    pub name: Option<String>,
    /// Everything the caller may see, not only its own.
    pub listall: Option<bool>,
}

/// An ACL.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NetworkAclList {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
