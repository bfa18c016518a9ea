//! What is remembered of a name: ids, and what planning needs to know. Nothing secret.

use bosh_cpi::{GiB, MiB};
use cloudstack::Version;
use cloudstack::api::{
    DiskOffering, Network, NetworkService, Other, ServiceOffering, Template, VirtualMachine,
    Volume, Zone,
};
use cpi_kit::Cacheable;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The storage type of an offering whose disks stand on a host.
const LOCAL: &str = "local";

/// A zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ZoneRow {
    pub id: String,
    pub name: String,
    /// A basic zone has one network per pod, and takes none in the deploy call.
    pub basic: bool,
    /// Whether it has security groups.
    pub guarded: bool,
    /// Whether it has local storage.
    pub local_storage: bool,
    /// An edge zone has no secondary storage: neither uploads nor downloads of templates.
    #[serde(default)]
    pub edge: bool,
}

/// A service offering.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OfferingRow {
    pub id: String,
    pub name: String,
    /// The caller says cores and memory.
    pub custom: bool,
    /// A constrained custom offering fixes the speed, and refuses to be told one.
    pub fixes_speed: bool,
    pub cpu: Option<u64>,
    pub ram: Option<MiB>,
    /// The least and the most cores of a constrained custom offering.
    pub cpu_limits: Limits,
    /// The least and the most memory in MiB, likewise.
    pub ram_limits: Limits,
    /// Whether root disks stand on the host's own storage.
    pub local: bool,
    /// Ids and names of the zones that it is bound to; none if it is for all.
    pub zones: Vec<String>,
}

/// A disk offering.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DiskOfferingRow {
    pub id: String,
    pub name: String,
    /// The caller says the size.
    pub custom: bool,
    /// The size of a fixed one.
    pub size: GiB,
    /// Whether the caller says the IOPS.
    pub custom_iops: bool,
    /// Whether disks stand on the host's own storage.
    pub local: bool,
    /// Ids and names of the zones that it is bound to; none if it is for all.
    pub zones: Vec<String>,
}

/// Something that is bound to zones, or to none.
pub(crate) trait Offered {
    /// What an error calls it.
    const WHAT: &'static str;
    fn id(&self) -> &str;
    fn name(&self) -> &str;
    fn zones(&self) -> &[String];
}

impl Offered for OfferingRow {
    const WHAT: &'static str = "service offering";
    fn id(&self) -> &str {
        &self.id
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn zones(&self) -> &[String] {
        &self.zones
    }
}

impl Offered for DiskOfferingRow {
    const WHAT: &'static str = "disk offering";
    fn id(&self) -> &str {
        &self.id
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn zones(&self) -> &[String] {
        &self.zones
    }
}

/// Since 4.13 an offering may be bound to zones: ids and names, comma-separated.
pub(crate) fn zones(other: &Other) -> Vec<String> {
    let names = |key: &str| other.get(key).and_then(|list| list.as_str()).unwrap_or_default();
    let all = ["zoneid", "zone"].into_iter().flat_map(|key| names(key).split(','));
    all.map(str::trim).filter(|zone| !zone.is_empty()).map(str::to_owned).collect()
}

/// Whether what is bound to `zones` can be used in this one. Without a zone nobody can tell.
pub(crate) fn serves(zones: &[String], zone: &str) -> bool {
    zone.is_empty() || zones.is_empty() || zones.iter().any(|one| one == zone)
}

/// A network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct NetworkRow {
    pub id: String,
    /// Who gives VMs their user-data; None where an id spared us to ask.
    pub user_data: Option<UserDataBy>,
}

/// Who gives the VMs of a network their user-data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum UserDataBy {
    /// A virtual router, over HTTP.
    Router,
    /// A disk that CloudStack adds to the VM.
    ConfigDrive,
    /// Something that we do not know, by its name.
    Other(String),
    /// Nobody.
    Nobody,
}

/// A template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TemplateRow {
    pub id: String,
}

/// Where a VM is, and what runs it: for its disks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct VmRow {
    /// The zone's id.
    pub zone: String,
    pub zone_name: String,
    /// `KVM`, `XenServer`, `VMware` …
    pub hypervisor: String,
}

/// Where a disk is: for the VMs that are made for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DiskRow {
    /// The zone's id.
    pub zone: String,
    pub zone_name: String,
    /// Whether it is on a host's own storage, once it stands anywhere.
    #[serde(default)]
    pub local: bool,
}

impl DiskRow {
    /// Whether it is in the zone of this name or id.
    pub(crate) fn is_in(&self, zone: &str) -> bool {
        self.zone == zone || self.zone_name == zone
    }
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SecurityGroupRow {
    pub id: String,
}

/// What an offering allows; none where it sets no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Limits {
    pub least: Option<u64>,
    pub most: Option<u64>,
}

impl Limits {
    fn of(offering: &ServiceOffering, least: &str, most: &str) -> Self {
        let limit = |key: &str| match offering.serviceofferingdetails.as_ref()?.get(key)? {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64(),
        };
        Self { least: limit(least), most: limit(most) }
    }

    /// Whether a value is allowed.
    pub(crate) fn allow(self, value: u64) -> bool {
        self.least.is_none_or(|least| value >= least) && self.most.is_none_or(|most| value <= most)
    }
}

/// The project or the domain whose things calls are about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScopeRow {
    pub id: String,
}

/// The version of the cloud; None where what it says is no version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct VersionRow {
    pub version: Option<Version>,
}

impl Cacheable for VersionRow {
    const NOUN: &'static str = "version";
}
impl Cacheable for ScopeRow {
    const NOUN: &'static str = "scope";
}
impl Cacheable for VmRow {
    const NOUN: &'static str = "VM";
}
impl Cacheable for DiskRow {
    const NOUN: &'static str = "disk";
}
impl Cacheable for SecurityGroupRow {
    const NOUN: &'static str = "security group";
}
impl Cacheable for ZoneRow {
    const NOUN: &'static str = "zone";
}
/// All of one name: which one is meant, the zone tells.
impl Cacheable for OfferingRow {
    const NOUN: &'static str = "service offering";
}
/// All of one name: which one is meant, the zone tells.
impl Cacheable for DiskOfferingRow {
    const NOUN: &'static str = "disk offering";
}
impl Cacheable for NetworkRow {
    const NOUN: &'static str = "network";
}
impl Cacheable for TemplateRow {
    const NOUN: &'static str = "template";
}

impl From<&VirtualMachine> for VmRow {
    fn from(vm: &VirtualMachine) -> Self {
        Self {
            zone: vm.zoneid.clone(),
            zone_name: vm.zonename.clone(),
            hypervisor: vm.hypervisor.clone(),
        }
    }
}

impl From<&Volume> for DiskRow {
    fn from(volume: &Volume) -> Self {
        let storage = volume.other.get("storagetype").and_then(|kind| kind.as_str());
        Self {
            zone: volume.zoneid.clone(),
            zone_name: volume.zonename.clone(),
            local: storage == Some(LOCAL),
        }
    }
}

impl From<&Zone> for ZoneRow {
    fn from(zone: &Zone) -> Self {
        let basic = zone.networktype.eq_ignore_ascii_case("basic");
        Self {
            id: zone.id.clone(),
            name: zone.name.clone(),
            basic,
            guarded: zone.securitygroupsenabled,
            local_storage: zone.localstorageenabled,
            edge: zone.is_edge(),
        }
    }
}

impl From<&ServiceOffering> for OfferingRow {
    fn from(offering: &ServiceOffering) -> Self {
        Self {
            id: offering.id.clone(),
            name: offering.name.clone(),
            custom: offering.iscustomized,
            fixes_speed: offering.cpuspeed.is_some(),
            cpu: offering.cpunumber,
            ram: offering.memory.map(MiB),
            cpu_limits: Limits::of(offering, "mincpunumber", "maxcpunumber"),
            ram_limits: Limits::of(offering, "minmemory", "maxmemory"),
            local: offering.storagetype == LOCAL,
            zones: zones(&offering.other),
        }
    }
}

impl From<&DiskOffering> for DiskOfferingRow {
    fn from(offering: &DiskOffering) -> Self {
        Self {
            id: offering.id.clone(),
            name: offering.name.clone(),
            custom: offering.iscustomized,
            size: GiB(offering.disksize),
            custom_iops: offering.iscustomizediops == Some(true),
            local: offering.storagetype == LOCAL,
            zones: zones(&offering.other),
        }
    }
}

impl From<&Network> for NetworkRow {
    fn from(network: &Network) -> Self {
        Self { id: network.id.clone(), user_data: Some(UserDataBy::of(network)) }
    }
}

impl UserDataBy {
    /// The provider of the service `UserData`.
    pub(crate) fn of(network: &Network) -> Self {
        let service = network.service.iter().find(|service| service.name == "UserData");
        let provider = |service: &NetworkService| {
            service.other.get("provider")?.get(0)?.get("name")?.as_str().map(str::to_owned)
        };
        match service.map(|service| provider(service).unwrap_or_default()).as_deref() {
            None => Self::Nobody,
            Some("VirtualRouter" | "VpcVirtualRouter") => Self::Router,
            Some("ConfigDrive") => Self::ConfigDrive,
            Some(other) => Self::Other(other.to_owned()),
        }
    }
}

impl From<&Template> for TemplateRow {
    fn from(template: &Template) -> Self {
        Self { id: template.id.clone() }
    }
}
