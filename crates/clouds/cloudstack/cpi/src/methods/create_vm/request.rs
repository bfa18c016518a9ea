//! The one call that will make the VM, complete.

use super::resolve::ResolvedVm;
use super::spec::VmSpec;
use super::{details, disks, routes};
use crate::agent_settings::{self, Ephemeral, NewAgent};
use crate::properties::given;
use crate::resources::firewall_rule;
use crate::session::CloudStack;
use bosh_cpi::method::CreateVm;
use bosh_cpi::{CpiError, Networks, Result};
use cloudstack::api::{DeployVirtualMachine, IpToNetwork};
use journal::OperationId;

/// What will be sent, and what will be answered.
pub(super) struct DeployRequest {
    pub call: DeployVirtualMachine,
    /// The director's networks, with the MACs that their NICs will have.
    pub networks: Networks,
}

impl DeployRequest {
    pub(super) fn build(
        cloud: &CloudStack,
        call: &CreateVm,
        spec: &VmSpec,
        resolved: &ResolvedVm<'_>,
        operation: OperationId,
    ) -> Result<Self> {
        let name = match spec.has_public_resources() {
            true => cloud.names.edge(operation),
            false => cloud.names.vm(operation),
        };
        let mut networks = with_macs(call.networks.clone(), resolved);
        routes::add(spec, &mut networks)?;
        let disk = disks::ephemeral(spec, resolved)?;
        let new = NewAgent {
            agent_id: &call.agent_id,
            vm_name: &name,
            networks: &networks,
            ephemeral: if disk.is_some() { Ephemeral::Disk } else { Ephemeral::None },
            env: &call.env,
        };
        let userdata = Some(agent_settings::user_data(&cloud.agent, &new));
        let (diskofferingid, size) = match disk {
            Some((offering, size)) => (Some(offering.id.clone()), size.map(|size| size.0)),
            None => (None, None),
        };
        let own = |text: &Option<String>| given(text).map(str::to_owned);
        let mut details = details::details(spec, resolved)?;
        details.extend(firewall_rule::detail(spec.vips.iter().flat_map(|vip| &vip.firewall)));
        let call = DeployVirtualMachine {
            displayname: Some(name.clone()),
            name,
            zoneid: resolved.zone.id.clone(),
            serviceofferingid: resolved.offering.id.clone(),
            templateid: resolved.template.id.clone(),
            iptonetworklist: ip_to_networks(resolved)?,
            diskofferingid,
            size,
            rootdisksize: disks::root_size(&spec.vm).map(|size| size.0),
            ipaddress: address_in_a_basic_zone(resolved),
            securitygroupnames: resolved.security_groups.names.clone(),
            securitygroupids: resolved.security_groups.ids.clone(),
            affinitygroupnames: spec.affinity.names.clone(),
            hostid: own(&spec.vm.host).or_else(|| resolved.host.clone()),
            clusterid: own(&spec.vm.cluster),
            boottype: spec.boot.kind.clone(),
            bootmode: spec.boot.mode.clone(),
            userdata,
            keypair: spec.key_pair.as_ref().map(|key| key.name.clone()),
            details,
        };
        Ok(Self { call, networks })
    }

    /// The VM's host name.
    pub(super) fn name(&self) -> &str {
        &self.call.name
    }
}

fn with_macs(mut networks: Networks, resolved: &ResolvedVm<'_>) -> Networks {
    for (name, network) in networks.iter_mut() {
        let nic = resolved.nics.iter().find(|nic| nic.spec.names.iter().any(|known| known == name));
        if let Some(mac) = nic.and_then(|nic| nic.mac.as_deref()) {
            network.set_mac(mac);
        }
    }
    networks
}

/// CloudStack makes one NIC of two in the same network, whatever they ask for.
fn ip_to_networks(resolved: &ResolvedVm<'_>) -> Result<Vec<IpToNetwork>> {
    let mut nics: Vec<IpToNetwork> = Vec::new();
    for nic in &resolved.nics {
        let Some(network) = &nic.network else { continue };
        let same = nics.iter().position(|known| known.networkid == network.id);
        if let Some(other) = same.and_then(|at| resolved.nics.get(at)) {
            return Err(CpiError::not_supported(format!(
                "arguments[3]: networks {} and {} are both network {} of the cloud, in which a VM \
                 has one NIC; with the same nic_group they can share it",
                other.spec.names.join(", "),
                nic.spec.names.join(", "),
                network.id
            )));
        }
        nics.push(IpToNetwork {
            networkid: network.id.clone(),
            ip: nic.spec.ip.map(|ip| ip.to_string()),
            ipv6: nic.spec.ipv6.map(|ip| ip.to_string()),
            mac: nic.mac.clone(),
        });
    }
    Ok(nics)
}

/// In a basic zone the address stands by itself.
fn address_in_a_basic_zone(resolved: &ResolvedVm<'_>) -> Option<String> {
    let nic = resolved.nics.first().filter(|nic| nic.network.is_none())?;
    nic.spec.ip.map(|ip| ip.to_string())
}
