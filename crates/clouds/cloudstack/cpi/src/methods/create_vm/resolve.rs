//! Resolves the names of a VM spec to CloudStack's ids. After this nothing is joined by name or
//! index again: each NIC and each public address carries its network.

use super::load_balancer_rules::{self, ResolvedRule};
use super::placement::{self, Placement};
use super::public_addresses;
use super::security_groups::{self, SecurityGroupRefs};
use super::spec::VmSpec;
use super::spec::networks::NicSpec;
use super::spec::vip::VipSpec;
use crate::errors::Failure;
use crate::lookup;
use crate::lookup::network::NetworkFacts;
use crate::lookup::offering::{self, DiskOfferingFacts, OfferingFacts};
use crate::lookup::template::TemplateFacts;
use crate::lookup::zone::ZoneFacts;
use crate::name_ref::{Found, NameRef, NetworkRef};
use crate::naming;
use crate::session::CloudStack;
use bosh_cpi::method::CreateVm;
use bosh_cpi::{CpiError, ErrorKind, Result};
use cloudstack::api::PublicIpAddress;
use cpi_kit::Owned;
use journal::OperationId;

/// What the names of a VM spec stand for.
pub(super) struct ResolvedVm<'s> {
    pub zone: Found<ZoneFacts>,
    /// The id of the host on which disks of the VM's stand.
    pub host: Option<String>,
    pub offering: Found<OfferingFacts>,
    /// The ephemeral disk's.
    pub disk: Option<Found<DiskOfferingFacts>>,
    pub template: Found<TemplateFacts>,
    /// The default one first, as CloudStack has it.
    pub nics: Vec<ResolvedNic<'s>>,
    pub vips: Vec<ResolvedVip<'s>>,
    /// The security groups as the deploy call takes them.
    pub security_groups: SecurityGroupRefs,
    /// In the order of `lbs`.
    pub load_balancer_rules: Vec<ResolvedRule>,
}

/// A NIC that the VM will have.
pub(super) struct ResolvedNic<'s> {
    pub spec: &'s NicSpec,
    /// None in a basic zone, which has one network and takes none.
    pub network: Option<Found<NetworkFacts>>,
    /// The MAC that we choose; none in a basic zone, which takes none of ours.
    pub mac: Option<String>,
}

/// A public address that will lead to the VM.
pub(super) struct ResolvedVip<'s> {
    pub spec: &'s VipSpec,
    /// The network of the NIC that it leads to, where one is named.
    pub network: Option<Found<NetworkFacts>>,
    /// The address, where the account must have it.
    pub address: Option<Owned<PublicIpAddress>>,
}

impl<'s> ResolvedVm<'s> {
    /// Asks the cloud, and the cache first. Lookups do not wait for each other.
    pub(super) async fn resolve(
        cloud: &CloudStack,
        call: &CreateVm,
        spec: &'s VmSpec,
        operation: OperationId,
    ) -> Result<Self> {
        let Placement { zone: wanted_zone, host } = placement::find(cloud, call, spec).await?;
        let disk = async {
            match &spec.disk {
                Some(disk) => offering::disk_offerings(cloud, &disk.offering).await.map(Some),
                None => Ok(None),
            }
        };
        let (zone, offering, disk, template, networks, security_groups, addresses, rules) = tokio::join!(
            lookup::zone::find(cloud, &wanted_zone),
            offering::service_offerings(cloud, &spec.offering),
            disk,
            lookup::template::find(cloud, &spec.template, &wanted_zone),
            networks(cloud, spec, &wanted_zone),
            security_groups::resolve(cloud, &spec.security_groups),
            public_addresses::resolve(cloud, &spec.vips),
            load_balancer_rules::resolve(cloud, spec),
        );
        let zone = zone?; // first, since nothing of it fits in a wrong one
        if zone.basic && spec.nics.len() > 1 {
            return Err(one_network(&zone));
        }
        // The cloud ignores groups there, and an operator expects them to protect.
        if !zone.has_security_groups && !spec.security_groups.groups.is_empty() {
            return Err(no_security_groups(spec, &zone));
        }
        let (nics, vips) =
            attribute(spec, if zone.basic { None } else { networks? }, addresses?, operation);
        nics.iter().try_for_each(check_addresses)?;
        let here = &wanted_zone.text;
        let disk = match (disk?, &spec.disk) {
            (Some(found), Some(disk)) => Some(found.in_zone(&disk.offering, here)?),
            _ => None,
        };
        Ok(Self {
            zone,
            host,
            offering: offering?.in_zone(&spec.offering, here)?,
            disk,
            template: template?,
            nics,
            vips,
            security_groups: security_groups?,
            load_balancer_rules: rules?,
        })
    }

    /// Looks up afresh what was remembered, if it may have been the reason of a refusal; false
    /// if it was not.
    pub(super) async fn refresh(
        &mut self,
        cloud: &CloudStack,
        call: &CreateVm,
        spec: &'s VmSpec,
        operation: OperationId,
        failure: &Failure,
    ) -> Result<bool> {
        let remembered = self.remembered();
        if remembered.is_empty() || !failure.has_code(431) {
            return Ok(false);
        }
        tracing::info!("cached ids rejected; refreshing");
        cloud.cache.forget(&remembered);
        let fresh = Self::resolve(cloud, call, spec, operation).await?;
        let differs = !fresh.is_same(self);
        *self = fresh;
        Ok(differs)
    }

    /// Cache keys of what is remembered, not fresh.
    fn remembered(&self) -> Vec<String> {
        let one = [
            self.zone.remembered(),
            self.offering.remembered(),
            self.disk.as_ref().and_then(Found::remembered),
            self.template.remembered(),
        ];
        let nics = self.nics.iter().filter_map(|nic| nic.network.as_ref());
        let networks = nics.chain(self.vips.iter().filter_map(|vip| vip.network.as_ref()));
        let networks = networks.map(Found::remembered);
        one.into_iter().chain(networks).flatten().map(str::to_owned).collect()
    }

    /// Whether the cloud says what was remembered.
    fn is_same(&self, other: &Self) -> bool {
        let networks = |resolved: &Self| -> Vec<Option<String>> {
            resolved.nics.iter().map(|nic| Some(nic.network.as_ref()?.id.clone())).collect()
        };
        *self.zone == *other.zone
            && *self.offering == *other.offering
            && self.disk.as_deref() == other.disk.as_deref()
            && *self.template == *other.template
            && networks(self) == networks(other)
    }
}

/// The networks of the NICs, then those that public addresses name; None in a basic zone, which
/// has one that nobody need name.
async fn networks(
    cloud: &CloudStack,
    spec: &VmSpec,
    zone: &NameRef,
) -> Result<Option<Vec<Found<NetworkFacts>>>> {
    let unnamed = spec.nics.iter().find(|nic| nic.network.network.text.is_empty());
    if unnamed.is_some() || lookup::zone::is_known_as_basic(cloud, zone) {
        let zone = lookup::zone::find(cloud, zone).await?;
        match unnamed {
            _ if zone.basic => return Ok(None),
            None => {}
            Some(nic) => {
                let path = &nic.network.network.path;
                return Err(CpiError::cpi(format!("{path} is required: which network is it?")));
            }
        }
    }
    let nics = spec.nics.iter().map(|nic| nic.network.clone());
    let vips = spec.vips.iter().filter_map(|vip| vip.network.clone());
    let names: Vec<NetworkRef> = nics.chain(vips).collect();
    lookup::network::find_all(cloud, &names, zone).await.map(Some)
}

/// Gives each NIC and each public address its network, and each NIC its MAC.
fn attribute<'s>(
    spec: &'s VmSpec,
    networks: Option<Vec<Found<NetworkFacts>>>,
    addresses: Vec<Option<Owned<PublicIpAddress>>>,
    operation: OperationId,
) -> (Vec<ResolvedNic<'s>>, Vec<ResolvedVip<'s>>) {
    let is_basic = networks.is_none();
    let mut networks = networks.unwrap_or_default().into_iter();
    let nics = spec.nics.iter().enumerate().map(|(index, spec)| ResolvedNic {
        spec,
        network: networks.next(),
        mac: (!is_basic).then(|| naming::mac(operation, index)),
    });
    let nics = nics.collect();
    let vips = spec.vips.iter().zip(addresses).map(|(spec, address)| ResolvedVip {
        spec,
        network: spec.network.as_ref().and_then(|_| networks.next()),
        address,
    });
    (nics, vips.collect())
}

/// An address that its network does not have would be refused by the deploy, in words that hide
/// which one it is.
fn check_addresses(nic: &ResolvedNic<'_>) -> Result<()> {
    let Some(network) = &nic.network else { return Ok(()) };
    let all = nic.spec.ip.iter().chain(&nic.spec.more);
    match all.filter_map(|address| network.cannot_have(*address)).next() {
        None => Ok(()),
        Some(why) => {
            let named = &nic.spec.network.network;
            let message = format!(
                "arguments[3].{}.ip: {why}, the range of network '{}' ({})",
                nic.spec.names.join(", "),
                named.text,
                named.path
            );
            Err(CpiError::new(ErrorKind::VmCreationFailed, message))
        }
    }
}

fn no_security_groups(spec: &VmSpec, zone: &ZoneFacts) -> CpiError {
    let groups = spec.security_groups.groups.iter();
    let named: Vec<_> = groups.map(|group| format!("{} '{}'", group.path, group.text)).collect();
    let message = format!(
        "{}: zone '{}' has no security groups: leave out security_groups and \
         default_security_groups",
        named.join(", "),
        zone.name
    );
    CpiError::new(ErrorKind::VmCreationFailed, message)
}

fn one_network(zone: &ZoneFacts) -> CpiError {
    CpiError::not_supported(format!(
        "arguments[3]: several networks, but '{}' is a basic zone, in which a VM has one NIC",
        zone.name
    ))
}
