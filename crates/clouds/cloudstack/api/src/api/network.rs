//! Guest networks.

use super::{Other, Tag};
use serde::{Deserialize, Serialize};

/// Finds networks. The filter by name came with 4.22 only, so that callers filter themselves.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListNetworks {
    /// By id.
    pub id: Option<String>,
    /// In this zone.
    pub zoneid: Option<String>,
    /// Tiers of this VPC.
    pub vpcid: Option<String>,
    /// Whose name or id contains this.
    pub keyword: Option<String>,
    /// Everything the caller may see, not only its own.
    pub listall: Option<bool>,
}

/// A guest network.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Network {
    /// Its id.
    pub id: String,
    /// Its name; not unique.
    pub name: String,
    /// `Isolated`, `Shared` or `L2`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// `Allocated`, `Implemented`, `Setup` …
    #[serde(default)]
    pub state: String,
    /// Its zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zoneid: Option<String>,
    /// Its gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// Its netmask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netmask: Option<String>,
    /// Its range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr: Option<String>,
    /// The VPC whose tier it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpcid: Option<String>,
    /// What it offers: `UserData`, `Dhcp`, `StaticNat` …
    #[serde(default)]
    pub service: Vec<NetworkService>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// A service of a network.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NetworkService {
    /// `UserData`, `Dhcp`, `StaticNat` …
    pub name: String,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// Makes a network; done when it is answered.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CreateNetwork {
    /// Its name.
    pub name: String,
    /// What people see.
    pub displaytext: Option<String>,
    /// In this zone.
    pub zoneid: String,
    /// Of this kind.
    pub networkofferingid: String,
    /// Its gateway; the cloud's choice without.
    pub gateway: Option<String>,
    /// Its netmask.
    pub netmask: Option<String>,
    /// The VPC whose tier it is.
    pub vpcid: Option<String>,
    /// A tier's ACL; `default_deny` without.
    pub aclid: Option<String>,
}

/// Deletes a network in which no VM has a NIC.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeleteNetwork {
    /// The network.
    pub id: String,
}

/// Finds network offerings.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListNetworkOfferings {
    /// By id.
    pub id: Option<String>,
    /// By exact name.
    pub name: Option<String>,
}

/// A network offering.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NetworkOffering {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `Isolated`, `Shared` or `L2`.
    #[serde(default)]
    pub guestiptype: String,
    /// Whether it is for tiers of VPCs.
    #[serde(default)]
    pub forvpc: bool,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
