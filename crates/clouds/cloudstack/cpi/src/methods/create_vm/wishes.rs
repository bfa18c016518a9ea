//! What the caller wishes for: arguments and properties, read and checked before anything is
//! asked of the cloud.

use super::affinity::AffinityWish;
use super::balancer;
use super::guard::GuardWish;
use super::keys::KeyWish;
use super::near;
use super::nics::{NetworkWishes, NicWish};
use super::pinned;
use super::vip::VipWish;
use crate::CloudStack;
use crate::lookup::Wanted;
use crate::methods::create_disk::tags_or_name;
use crate::methods::create_stemcell::reuse;
use crate::properties::{self, PATH, VmProperties, given};
use bosh_cpi::method::CreateVm;
use bosh_cpi::{CpiError, MiB, Result, StemcellCid};

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
    /// Public addresses in front of them.
    pub vips: Vec<VipWish>,
    pub affinity: AffinityWish,
    pub guard: GuardWish,
    pub key: Option<KeyWish>,
    /// The id of the host on which disks of the VM's stand.
    pub host: Option<String>,
}

/// An ephemeral disk.
pub(super) struct DiskWish {
    pub offering: Wanted,
    pub size: Option<MiB>,
    /// The VM's own properties ask for it, so that it must not be left out.
    pub explicit: bool,
}

impl Wishes {
    pub(super) async fn read(cloud: &CloudStack, call: &CreateVm) -> Result<Self> {
        let path = call.cloud_properties.path().to_owned();
        let strict = cloud.properties.strict;
        let vm: VmProperties = properties::read(&call.cloud_properties, strict)?;
        let networks = NetworkWishes::read(&call.networks, strict)?;
        let zone = zone(cloud, &vm, &path, networks.zones)?;
        let zone = near::zone(cloud, &call.disk_cids, zone).await?.ok_or_else(|| {
            CpiError::cpi(format!("{path}.zone: missing, and {PATH}.default_zone is not set"))
        })?;
        balancer::check(&vm.lbs, &path)?;
        Ok(Self {
            host: pinned::host(cloud, &call.disk_cids, &vm).await?,
            affinity: AffinityWish::read(cloud, &vm, &call.env),
            guard: GuardWish::read(cloud, &vm, &path, networks.guards.into_iter()),
            key: KeyWish::read(cloud, &vm),
            offering: offering(&vm, &path)?,
            template: Wanted::new(template(&call.stemcell_cid), "arguments[1]"),
            disk: disk(cloud, &vm, &path)?,
            nics: networks.nics,
            vips: networks.vips,
            zone,
            vm,
            path,
        })
    }
}

/// The template that a stemcell stands for.
pub(crate) fn template(cid: &StemcellCid) -> &str {
    match reuse::parse(cid.as_str()) {
        Some((template, _)) => template,
        None => cid.as_str().strip_suffix(LIGHT).unwrap_or(cid.as_str()),
    }
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
    let tags = &vm.ephemeral_storage_tags.0;
    let tags_path = format!("{path}.ephemeral_storage_tags");
    if let Some(text) = given(&vm.ephemeral_disk_offering) {
        if !tags.is_empty() {
            return Err(tags_or_name(&tags_path, "ephemeral_disk_offering"));
        }
        let offering = Wanted::new(text, format!("{path}.ephemeral_disk_offering"));
        return Ok(Some(DiskWish { offering, size, explicit: true }));
    }
    if !tags.is_empty() {
        let offering = Wanted::tagged(tags, tags_path);
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

/// The VM's own zone, its networks', the default; two that differ are an error.
fn zone(
    cloud: &CloudStack,
    vm: &VmProperties,
    path: &str,
    of_networks: Vec<Wanted>,
) -> Result<Option<Wanted>> {
    let own = given(&vm.zone).map(|zone| Wanted::new(zone, format!("{path}.zone")));
    let mut named = own.into_iter().chain(of_networks);
    let Some(first) = named.next() else {
        let default = cloud.properties.default_zone();
        return Ok(default.map(|zone| Wanted::new(zone, format!("{PATH}.default_zone"))));
    };
    match named.find(|zone| zone.text != first.text) {
        None => Ok(Some(first)),
        Some(other) => Err(CpiError::cpi(format!(
            "{}: zone '{}', but {} says '{}'; a VM is in one zone",
            other.path, other.text, first.path, first.text
        ))),
    }
}
