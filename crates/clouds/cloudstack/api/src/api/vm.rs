//! Virtual machines.

use super::{Other, Tag, Time};
use cloud_http::Secret;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Finds VMs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListVirtualMachines {
    /// By id. An unknown id is refused with 431, an expunged one gives an empty list.
    pub id: Option<String>,
    /// By exact host name.
    pub name: Option<String>,
    /// How much to tell: `min`, `nics`, `tmpl`, `all` … Without `stats` it is cheaper.
    pub details: Option<String>,
    /// Everything the caller may see, not only its own.
    pub listall: Option<bool>,
}

/// Makes and starts a VM.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeployVirtualMachine {
    /// The host name: letters, digits, hyphens, at most 63; unique in its network.
    pub name: String,
    /// The name that people see.
    pub displayname: Option<String>,
    /// In this zone.
    pub zoneid: String,
    /// Of this size.
    pub serviceofferingid: String,
    /// From this template.
    pub templateid: String,
    /// NICs in order, the first is the default. None in a basic zone.
    pub iptonetworklist: Vec<IpToNetwork>,
    /// The offering of one data disk that is made with the VM, device id 1.
    pub diskofferingid: Option<String>,
    /// That disk's size in GiB, for a custom offering.
    pub size: Option<u64>,
    /// The root disk's size in GiB.
    pub rootdisksize: Option<u64>,
    /// The default NIC's address, where the cloud chooses the network: in a basic zone.
    pub ipaddress: Option<String>,
    /// What the metadata service serves, base64; may hold secrets.
    #[serde(serialize_with = "cloud_http::expose")]
    pub userdata: Option<Secret>,
    /// The name of an SSH key pair.
    pub keypair: Option<String>,
    /// Into these security groups. Names and ids exclude each other; neither is `default`.
    pub securitygroupnames: Vec<String>,
    /// Into these security groups.
    pub securitygroupids: Vec<String>,
    /// Into these affinity groups.
    pub affinitygroupnames: Vec<String>,
    /// On this host. For root admins.
    pub hostid: Option<String>,
    /// In this cluster. For root admins.
    pub clusterid: Option<String>,
    /// `UEFI` or `BIOS`. Since 4.14.
    pub boottype: Option<String>,
    /// `LEGACY` or `SECURE`; needed with `UEFI`.
    pub bootmode: Option<String>,
    /// `cpuNumber`, `memory` (MiB), `cpuSpeed` (MHz) of a custom offering, and more.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
}

/// One NIC to make.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct IpToNetwork {
    /// In this network.
    pub networkid: String,
    /// With this address.
    pub ip: Option<String>,
    /// With this IPv6 address, where the network has such.
    pub ipv6: Option<String>,
    /// With this MAC.
    pub mac: Option<String>,
}

/// Starts a VM.
#[derive(Debug, Clone, Default, Serialize)]
pub struct StartVirtualMachine {
    /// The VM.
    pub id: String,
}

/// Stops a VM.
#[derive(Debug, Clone, Default, Serialize)]
pub struct StopVirtualMachine {
    /// The VM.
    pub id: String,
    /// Switch it off.
    pub forced: Option<bool>,
}

/// Reboots a running VM.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RebootVirtualMachine {
    /// The VM.
    pub id: String,
}

/// Changes a VM's display name.
#[derive(Debug, Clone, Default, Serialize)]
pub struct UpdateVirtualMachine {
    /// The VM.
    pub id: String,
    /// The name that people see.
    pub displayname: Option<String>,
}

/// Stops a VM, detaches its data disks and destroys it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DestroyVirtualMachine {
    /// The VM.
    pub id: String,
    /// Free its address and name at once. Needs a permission that plain users often lack.
    pub expunge: Option<bool>,
    /// Attached data disks to delete with it.
    pub volumeids: Vec<String>,
}

/// Frees the address and name of a destroyed VM.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ExpungeVirtualMachine {
    /// The VM.
    pub id: String,
}

/// A VM.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct VirtualMachine {
    /// Its id; empty in the result of a job that has expunged it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Its host name.
    #[serde(default)]
    pub name: String,
    /// The name that people see.
    #[serde(default)]
    pub displayname: String,
    /// `Starting`, `Running`, `Stopped`, `Destroyed`, `Expunging`, `Error` …
    #[serde(default)]
    pub state: String,
    /// Its zone.
    #[serde(default)]
    pub zoneid: String,
    /// That zone's name.
    #[serde(default)]
    pub zonename: String,
    /// `KVM`, `XenServer`, `VMware`, `Simulator`.
    #[serde(default)]
    pub hypervisor: String,
    /// The template it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub templateid: Option<String>,
    /// Its service offering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serviceofferingid: Option<String>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Time>,
    /// The password that the cloud made for it, from a template that takes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(serialize_with = "cloud_http::expose")]
    pub password: Option<Secret>,
    /// Its NICs.
    #[serde(default)]
    pub nic: Vec<Nic>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// A NIC.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Nic {
    /// Its id.
    #[serde(default)]
    pub id: String,
    /// Its network.
    #[serde(default)]
    pub networkid: String,
    /// Its address; missing in an L2 network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipaddress: Option<String>,
    /// Its netmask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netmask: Option<String>,
    /// Its gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// Its IPv6 address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip6address: Option<String>,
    /// Its IPv6 gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip6gateway: Option<String>,
    /// Its IPv6 range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip6cidr: Option<String>,
    /// Its MAC.
    #[serde(default)]
    pub macaddress: String,
    /// Whether it is the default NIC.
    #[serde(default)]
    pub isdefault: bool,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// Gives a NIC one more address, which goes with it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AddIpToNic {
    /// The NIC.
    pub nicid: String,
    /// The address; any of the NIC's network without.
    pub ipaddress: Option<String>,
}

/// A second address of a NIC.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NicSecondaryIp {
    /// Its id.
    pub id: String,
    /// The address.
    #[serde(default)]
    pub ipaddress: String,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
