//! The VM as the caller describes it: arguments and properties, read and checked. Nothing is asked
//! of the cloud here.

pub(super) mod affinity;
pub(super) mod boot;
pub(super) mod ephemeral_disk;
pub(super) mod load_balancers;
mod network_ref;
pub(super) mod networks;
pub(super) mod security_groups;
pub(super) mod ssh_key;
pub(super) mod vip;

use crate::name_ref::NameRef;
use crate::properties::{self, CloudStackProperties, PATH, VmProperties, given};
use crate::resources::stemcell_cid;
use affinity::AffinitySpec;
use boot::BootSpec;
use bosh_cpi::method::CreateVm;
use bosh_cpi::{CpiError, Result};
use cpi_kit::naming::Names;
use ephemeral_disk::EphemeralDiskSpec;
use networks::{NetworksSpec, NicSpec};
use security_groups::SecurityGroupsSpec;
use ssh_key::KeyPairSpec;
use vip::VipSpec;

/// The VM as the caller describes it.
pub(super) struct VmSpec {
    pub vm: VmProperties,
    /// The path of its properties.
    pub path: String,
    /// The zone that the properties of VM and networks name, else the default; None where there
    /// is neither, and the VM's disks must say.
    pub zone: Option<NameRef>,
    pub offering: NameRef,
    pub template: NameRef,
    pub disk: Option<EphemeralDiskSpec>,
    /// The default one first, as CloudStack has it.
    pub nics: Vec<NicSpec>,
    /// Public addresses in front of them.
    pub vips: Vec<VipSpec>,
    pub affinity: AffinitySpec,
    pub security_groups: SecurityGroupsSpec,
    pub key_pair: Option<KeyPairSpec>,
    pub boot: BootSpec,
}

impl VmSpec {
    pub(super) fn read(
        config: &CloudStackProperties,
        names: &Names,
        call: &CreateVm,
    ) -> Result<Self> {
        let path = call.cloud_properties.path().to_owned();
        let vm: VmProperties = properties::read(&call.cloud_properties, config.strict)?;
        let networks = NetworksSpec::read(&call.networks, config.strict)?;
        load_balancers::check(&vm.lbs, &path)?;
        Ok(Self {
            zone: zone(config, &vm, &path, networks.zones)?,
            offering: offering(&vm, &path)?,
            template: NameRef::new(stemcell_cid::template(&call.stemcell_cid), "arguments[1]"),
            disk: EphemeralDiskSpec::read(config, &vm, &path)?,
            nics: networks.nics,
            vips: networks.vips,
            affinity: AffinitySpec::read(config, &vm, &call.env),
            security_groups: SecurityGroupsSpec::read(config, &vm, &path, networks.security_groups),
            key_pair: KeyPairSpec::read(config, names, &vm),
            boot: BootSpec::read(&vm, &path)?,
            vm,
            path,
        })
    }

    /// Whether the VM gets public resources that have to go with it.
    pub(super) fn has_public_resources(&self) -> bool {
        self.vips.iter().any(|vip| vip.acquire || !vip.firewall.is_empty())
    }
}

fn offering(vm: &VmProperties, path: &str) -> Result<NameRef> {
    let path = format!("{path}.compute_offering");
    match given(&vm.compute_offering) {
        Some(text) => Ok(NameRef::new(text, path)),
        None => Err(CpiError::cpi(format!("{path} is required: every VM has a service offering"))),
    }
}

/// The VM's own zone, its networks', the default; two that differ are an error.
fn zone(
    config: &CloudStackProperties,
    vm: &VmProperties,
    path: &str,
    of_networks: Vec<NameRef>,
) -> Result<Option<NameRef>> {
    let own = given(&vm.zone).map(|zone| NameRef::new(zone, format!("{path}.zone")));
    let mut named = own.into_iter().chain(of_networks);
    let Some(first) = named.next() else {
        let default = config.default_zone();
        return Ok(default.map(|zone| NameRef::new(zone, format!("{PATH}.default_zone"))));
    };
    match named.find(|zone| zone.text != first.text) {
        None => Ok(Some(first)),
        Some(other) => Err(CpiError::cpi(format!(
            "{}: zone '{}', but {} says '{}'; a VM must be in one zone",
            other.path, other.text, first.path, first.text
        ))),
    }
}
