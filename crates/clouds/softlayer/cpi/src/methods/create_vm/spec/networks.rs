//! The networks of a VM spec: VLANs, subnets, portable and global addresses.

use crate::properties::{NetworkProperties, VmProperties};
use bosh_cpi::{CpiError, Network, NetworkKind, Networks, Result};
use std::net::IpAddr;

/// The networks of a VM.
pub(in super::super) struct NetworkSpecs {
    pub nets: Vec<NetworkSpec>,
    pub vips: Vec<VipSpec>,
}

/// A network on a NIC.
pub(in super::super) struct NetworkSpec {
    pub name: String,
    /// Where it stands, for messages.
    pub path: String,
    /// A portable address; None where SoftLayer chooses one.
    pub portable: Option<IpAddr>,
    pub vlans: Vec<u64>,
    pub subnets: Vec<u64>,
    pub security_groups: Vec<u64>,
}

/// A global address in front of the VM.
pub(in super::super) struct VipSpec {
    pub path: String,
    pub ip: IpAddr,
}

impl NetworkSpecs {
    pub(super) fn read(
        networks: &Networks,
        vm: &VmProperties,
        vm_path: &str,
        strict: bool,
    ) -> Result<Self> {
        let mut specs = Self { nets: Vec::new(), vips: Vec::new() };
        for (name, network) in networks.iter() {
            let path = format!("arguments[3].{name}");
            match network.kind {
                NetworkKind::Vip => {
                    let ip = network.ip.ok_or_else(|| missing_ip(&path, "a global address"))?;
                    specs.vips.push(VipSpec { path, ip });
                }
                _ => specs.nets.push(net(name, path, network, strict)?),
            }
        }
        if bare(&specs) && (vm.public_vlan_id.is_some() || vm.private_vlan_id.is_some()) {
            // Older releases had the VLANs in the resource pool.
            let vlans = [vm.private_vlan_id, vm.public_vlan_id].into_iter().flatten().collect();
            if let Some(first) = specs.nets.first_mut() {
                first.vlans = vlans;
            }
        }
        match specs.nets.iter().find(|net| vm.preconfigured && net.portable.is_some()) {
            Some(net) => Err(CpiError::cpi(format!(
                "{vm_path}.preconfigured: {} is a manual network, and SoftLayer does not configure \
                 its address",
                net.path
            ))),
            None => Ok(specs),
        }
    }
}

/// Whether no network names a VLAN or subnet.
fn bare(specs: &NetworkSpecs) -> bool {
    specs.nets.iter().all(|net| net.vlans.is_empty() && net.subnets.is_empty())
}

fn net(name: &str, path: String, network: &Network, strict: bool) -> Result<NetworkSpec> {
    let properties = NetworkProperties::read(&network.cloud_properties, strict)?;
    let portable = match (network.kind, network.ip) {
        (NetworkKind::Manual, None) => {
            return Err(missing_ip(&path, "an address of a portable subnet"));
        }
        (NetworkKind::Manual, ip) => ip,
        (_, None) => None,
        (_, Some(ip)) => {
            let message = format!(
                "{path}.ip: SoftLayer chooses the address of a dynamic network; for {ip} make the \
                 network manual, with a portable subnet"
            );
            return Err(CpiError::cpi(message));
        }
    };
    if network.prefix.is_some() {
        let message = format!("{path}.prefix: prefix delegation is not supported on SoftLayer");
        return Err(CpiError::cpi(message));
    }
    Ok(NetworkSpec {
        name: name.to_owned(),
        path,
        portable,
        vlans: properties.vlan_ids,
        subnets: properties.subnet_ids,
        security_groups: properties.security_groups,
    })
}

fn missing_ip(path: &str, what: &str) -> CpiError {
    CpiError::cpi(format!("{path}.ip is required: it must be {what}"))
}
