//! A VM that runs, and what it was made of.

use super::resolve::{ResolvedNic, ResolvedVm};
use super::spec::VmSpec;
use bosh_cpi::{CpiError, ErrorKind, NetworkKind, Networks, Result};
use cloudstack::api::{Nic, VirtualMachine};
use serde_json::json;

/// A VM that runs.
pub(super) struct CreatedVm<'a> {
    pub spec: &'a VmSpec,
    pub resolved: &'a ResolvedVm<'a>,
    pub vm: &'a VirtualMachine,
    /// In the order of the spec: the default one first.
    pub nics: Vec<CreatedNic<'a>>,
}

/// A NIC as it was asked for, and as the cloud has made it.
pub(super) struct CreatedNic<'a> {
    pub resolved: &'a ResolvedNic<'a>,
    pub row: &'a Nic,
}

impl<'a> CreatedVm<'a> {
    /// Finds the NICs that were asked for among those that the cloud has made.
    pub(super) fn new(
        spec: &'a VmSpec,
        resolved: &'a ResolvedVm<'a>,
        vm: &'a VirtualMachine,
    ) -> Result<Self> {
        let nics = resolved.nics.iter().map(|nic| created_nic(nic, vm)).collect::<Result<_>>()?;
        Ok(Self { spec, resolved, vm, nics })
    }

    /// The networks as they became: with the MACs, and the addresses that the cloud chose.
    pub(super) fn complete(&self, mut networks: Networks) -> Networks {
        for (name, network) in networks.iter_mut() {
            let of_network =
                |nic: &&CreatedNic<'_>| nic.resolved.spec.names.iter().any(|known| known == name);
            let Some(nic) = self.nics.iter().find(of_network) else { continue };
            if nic.resolved.mac.is_none() {
                network.set_mac(&nic.row.macaddress);
            }
            if network.kind == NetworkKind::Dynamic {
                for (key, value) in addresses(nic.row) {
                    network.set(key, json!(value));
                }
            }
        }
        networks
    }
}

fn addresses(nic: &Nic) -> impl Iterator<Item = (&'static str, &String)> {
    let all = match nic.ipaddress {
        Some(_) => [("ip", &nic.ipaddress), ("netmask", &nic.netmask), ("gateway", &nic.gateway)],
        None => [("ip", &nic.ip6address), ("netmask", &None), ("gateway", &nic.ip6gateway)],
    };
    all.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?)))
}

/// The NIC with our MAC: the agent has been told of it, and would not come up without. In a basic
/// zone a VM has one NIC, with a MAC of the cloud's.
fn created_nic<'a>(nic: &'a ResolvedNic<'a>, vm: &'a VirtualMachine) -> Result<CreatedNic<'a>> {
    let row = match &nic.mac {
        Some(mac) => vm.nic.iter().find(|row| row.macaddress.eq_ignore_ascii_case(mac)),
        None => vm.nic.first(),
    };
    let row = row.ok_or_else(|| {
        let macs: Vec<_> = vm.nic.iter().map(|row| row.macaddress.as_str()).collect();
        let name = nic.spec.names.first().map(String::as_str).unwrap_or_default();
        CpiError::new(
            ErrorKind::VmCreationFailed,
            format!(
                "VM {}: network {name} should have a NIC {}, but the cloud made [{}]; it ignores \
                 the MAC of a deploy call (iptonetworklist[].mac)",
                vm.name,
                nic.mac.as_deref().unwrap_or("of any MAC"),
                macs.join(", ")
            ),
        )
    })?;
    Ok(CreatedNic { resolved: nic, row })
}
