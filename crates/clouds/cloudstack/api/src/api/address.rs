//! Public addresses and static NAT.

use super::{Other, Tag, TagPair};
use serde::{Deserialize, Serialize};

/// Finds public addresses that are allocated.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListPublicIpAddresses {
    /// By id.
    pub id: Option<String>,
    /// By the address itself.
    pub ipaddress: Option<String>,
    /// Of this zone.
    pub zoneid: Option<String>,
    /// Only those that lead to one VM, or only the others.
    pub isstaticnat: Option<bool>,
    /// That have this tag.
    pub tags: Vec<TagPair>,
    /// Everything the caller may see, not only its own.
    pub listall: Option<bool>,
}

/// Takes a public address for a network or a VPC. Answers the address's id at once.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AssociateIpAddress {
    /// For this network, which is no tier of a VPC.
    pub networkid: Option<String>,
    /// For this VPC.
    pub vpcid: Option<String>,
    /// This very address; any without.
    pub ipaddress: Option<String>,
}

/// Gives a public address back, with every rule on it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DisassociateIpAddress {
    /// The address.
    pub id: String,
}

/// Leads an address to a VM. The same pair once more is refused.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EnableStaticNat {
    /// The address.
    pub ipaddressid: String,
    /// The VM.
    pub virtualmachineid: String,
    /// The network of the NIC; a VM with several, or in a VPC, needs it.
    pub networkid: Option<String>,
}

/// Leads an address nowhere any more.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DisableStaticNat {
    /// The address.
    pub ipaddressid: String,
}

/// A public address.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PublicIpAddress {
    /// Its id.
    pub id: String,
    /// The address.
    #[serde(default)]
    pub ipaddress: String,
    /// `Allocating`, `Allocated`, `Releasing`, `Free`.
    #[serde(default)]
    pub state: String,
    /// Whether a network reaches the world from it.
    #[serde(default)]
    pub issourcenat: bool,
    /// Whether it leads to one VM.
    #[serde(default)]
    pub isstaticnat: bool,
    /// That VM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtualmachineid: Option<String>,
    /// That VM's host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtualmachinename: Option<String>,
    /// The network that it belongs to; of a VPC's address the tier that it leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub associatednetworkid: Option<String>,
    /// The VPC that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpcid: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
