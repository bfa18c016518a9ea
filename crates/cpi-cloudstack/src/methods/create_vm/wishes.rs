//! What the caller wishes for: arguments and properties, read and checked before anything is
//! asked of the cloud.

use crate::CloudStack;
use crate::lookup::Wanted;
use crate::properties::{self, NetworkProperties, PATH, VmProperties, given};
use bosh_cpi::method::CreateVm;
use bosh_cpi::{CpiError, MiB, Network, NetworkKind, Networks, Result, StemcellCid};
use std::net::IpAddr;

/// The marker on the CID of a stemcell whose template is not ours to delete.
pub(crate) const LIGHT: &str = " light";

/// What the caller wishes for.
pub(super) struct Wishes {
    pub vm: VmProperties,
    pub path: String,
    pub zone: Wanted,
    pub offering: Wanted,
    pub template: Wanted,
    pub disk: Option<DiskWish>,
    /// In the order of the NICs: the default one first, as CloudStack has it.
    pub nics: Vec<NicWish>,
}

/// An ephemeral disk.
pub(super) struct DiskWish {
    pub offering: Wanted,
    pub size: Option<MiB>,
    /// The VM's own properties ask for it, so that it must not be left out.
    pub explicit: bool,
}

/// A NIC.
pub(super) struct NicWish {
    /// The network's name in the manifest.
    pub name: String,
    /// The network in the cloud.
    pub network: Wanted,
    /// The address, where the director chose one.
    pub ip: Option<IpAddr>,
}

impl Wishes {
    pub(super) fn read(cloud: &CloudStack, call: &CreateVm) -> Result<Self> {
        let path = call.cloud_properties.path().to_owned();
        let strict = cloud.properties.strict;
        let vm: VmProperties = properties::read(&call.cloud_properties, strict)?;
        let nics = nics(&call.networks, strict)?;
        let zone = zone(cloud, &vm, &path, &nics)?;
        Ok(Self {
            offering: offering(&vm, &path)?,
            template: Wanted::new(template(&call.stemcell_cid), "arguments[1]"),
            disk: disk(cloud, &vm, &path)?,
            nics: ordered(nics, &call.networks),
            zone,
            vm,
            path,
        })
    }
}

/// The template that a stemcell stands for.
pub(crate) fn template(cid: &StemcellCid) -> &str {
    cid.as_str().strip_suffix(LIGHT).unwrap_or(cid.as_str())
}

fn offering(vm: &VmProperties, path: &str) -> Result<Wanted> {
    let path = format!("{path}.compute_offering");
    match given(&vm.compute_offering) {
        Some(text) => Ok(Wanted::new(text, path)),
        None => Err(CpiError::cpi(format!("{path}: missing; every VM needs a service offering"))),
    }
}

fn disk(cloud: &CloudStack, vm: &VmProperties, path: &str) -> Result<Option<DiskWish>> {
    let size = vm.disk.filter(|size| size.0 > 0);
    if let Some(text) = given(&vm.ephemeral_disk_offering) {
        let offering = Wanted::new(text, format!("{path}.ephemeral_disk_offering"));
        return Ok(Some(DiskWish { offering, size, explicit: true }));
    }
    let properties = &cloud.properties;
    let default = properties.ephemeral_offering();
    let default = default.or_else(|| size.and_then(|_| properties.custom_offering()));
    match (default, size) {
        (Some((text, name)), size) => {
            let offering = Wanted::new(text, format!("{PATH}.{name}"));
            Ok(Some(DiskWish { offering, size, explicit: size.is_some() }))
        }
        (None, None) => Ok(None),
        (None, Some(size)) => Err(CpiError::cpi(format!(
            "{path}.ephemeral_disk_offering: missing; a disk of {size} is wanted ({path}.disk), \
             and neither {PATH}.default_offer.ephemeral_disk nor \
             {PATH}.default_offer.custom_disk is set"
        ))),
    }
}

/// What is read of one network before their order is known.
struct ReadNic {
    nic: NicWish,
    zone: Option<Wanted>,
}

fn nics(networks: &Networks, strict: bool) -> Result<Vec<ReadNic>> {
    let nics: Vec<_> =
        networks.iter().map(|(name, network)| nic(name, network, strict)).collect::<Result<_>>()?;
    if nics.is_empty() {
        return Err(CpiError::cpi("arguments[3]: no network; every VM needs one"));
    }
    let groups: Vec<_> =
        networks.iter().filter_map(|(_, network)| network.nic_group.as_ref()).collect();
    let shared = |group: &&String| groups.iter().filter(|other| *other == group).count() > 1;
    match groups.iter().find(|group| shared(group)) {
        None => Ok(nics),
        Some(group) => Err(CpiError::not_supported(format!(
            "arguments[3]: several networks of nic_group '{group}'; this release of the CPI makes \
             one NIC per network"
        ))),
    }
}

fn nic(name: &str, network: &Network, strict: bool) -> Result<ReadNic> {
    let at = format!("arguments[3].{name}");
    check_kind(network, &at)?;
    let properties: NetworkProperties = properties::read(&network.cloud_properties, strict)?;
    let path = network.cloud_properties.path();
    let wanted = match (given(&properties.id), given(&properties.name)) {
        (Some(id), _) => Wanted::new(id, format!("{path}.id")),
        (None, Some(name)) => Wanted::new(name, format!("{path}.name")),
        (None, None) => {
            return Err(CpiError::cpi(format!("{path}.name: missing; which network is it?")));
        }
    };
    let zone = given(&properties.zone).map(|zone| Wanted::new(zone, format!("{path}.zone")));
    let ip = network.ip.filter(|_| network.kind == NetworkKind::Manual);
    Ok(ReadNic { nic: NicWish { name: name.to_owned(), network: wanted, ip }, zone })
}

/// What this release cannot give is refused, or the VM would come up with less.
fn check_kind(network: &Network, at: &str) -> Result<()> {
    let refuse = |what: &str| {
        Err(CpiError::not_supported(format!("{at}: this release of the CPI has no {what} yet")))
    };
    match network.kind {
        NetworkKind::Vip => return refuse("vip networks"),
        NetworkKind::Manual if network.ip.is_none() => {
            return Err(CpiError::cpi(format!("{at}.ip: missing from a manual network")));
        }
        NetworkKind::Manual | NetworkKind::Dynamic => {}
    }
    if network.prefix.is_some() {
        return refuse("delegated prefixes");
    }
    if network.ip.is_some_and(|ip| ip.is_ipv6()) {
        return refuse("IPv6 addresses");
    }
    Ok(())
}

/// The VM's own zone, its networks', the default; two that differ are an error.
fn zone(cloud: &CloudStack, vm: &VmProperties, path: &str, nics: &[ReadNic]) -> Result<Wanted> {
    let own = given(&vm.zone).map(|zone| Wanted::new(zone, format!("{path}.zone")));
    let mut named = own.into_iter().chain(nics.iter().filter_map(|nic| nic.zone.clone()));
    let Some(first) = named.next() else {
        return match cloud.properties.default_zone() {
            Some(zone) => Ok(Wanted::new(zone, format!("{PATH}.default_zone"))),
            None => Err(CpiError::cpi(format!(
                "{path}.zone: missing, and {PATH}.default_zone is not set"
            ))),
        };
    };
    match named.find(|zone| zone.text != first.text) {
        None => Ok(first),
        Some(other) => Err(CpiError::cpi(format!(
            "{}: zone '{}', but {} says '{}'; a VM is in one zone",
            other.path, other.text, first.path, first.text
        ))),
    }
}

/// The network that is the default for the gateway comes first: the first NIC of a VM is its
/// default NIC. The others keep their order.
fn ordered(nics: Vec<ReadNic>, networks: &Networks) -> Vec<NicWish> {
    let is_gateway = |name: &str| {
        let mut of_name = networks.iter().filter(|(other, _)| *other == name);
        of_name.any(|(_, network)| network.default.iter().any(|what| what == "gateway"))
    };
    let (mut first, rest): (Vec<_>, Vec<_>) =
        nics.into_iter().map(|read| read.nic).partition(|nic| is_gateway(&nic.name));
    first.extend(rest);
    first
}
