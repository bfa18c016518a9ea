//! The one call that will make the VM, complete.

use super::find::Ids;
use super::wishes::Wishes;
use super::{routes, size, vip};
use crate::CloudStack;
use crate::naming;
use crate::properties::given;
use crate::settings::{Ephemeral, NewAgent};
use bosh_cpi::method::CreateVm;
use bosh_cpi::{CpiError, Networks, Result};
use cloudstack::api::{DeployVirtualMachine, IpToNetwork};
use journal::OperationId;
use std::collections::BTreeMap;

/// What will be sent, and what will be answered.
pub(super) struct Plan {
    pub call: DeployVirtualMachine,
    /// The director's networks, with the MACs that their NICs will have.
    pub networks: Networks,
    /// The MACs by the networks' names.
    pub macs: BTreeMap<String, String>,
}

impl Plan {
    pub(super) fn make(
        cloud: &CloudStack,
        call: &CreateVm,
        wishes: &Wishes,
        ids: &Ids,
        operation: OperationId,
    ) -> Result<Self> {
        let name = match vip::goes_with(wishes) {
            true => cloud.names.edge(operation),
            false => cloud.names.vm(operation),
        };
        // A basic zone takes none of ours, and a VM has one NIC there, which the agent finds.
        let macs = if ids.zone.basic { BTreeMap::new() } else { macs(wishes, operation) };
        let mut networks = with_macs(&call.networks, &macs);
        routes::add(wishes, &mut networks)?;
        let disk = size::disk(wishes, ids)?;
        let new = NewAgent {
            agent_id: &call.agent_id,
            vm_name: &name,
            networks: &networks,
            ephemeral: if disk.is_some() { Ephemeral::Disk } else { Ephemeral::None },
            env: &call.env,
        };
        let userdata = Some(cloud.user_data(&new));
        let (diskofferingid, size) = match disk {
            Some((offering, size)) => (Some(offering.id.clone()), size.map(|size| size.0)),
            None => (None, None),
        };
        let vm = &wishes.vm;
        let (boottype, bootmode) = size::boot(vm, &wishes.path)?;
        let own = |text: &Option<String>| given(text).map(str::to_owned);
        let call = DeployVirtualMachine {
            displayname: Some(name.clone()),
            name,
            zoneid: ids.zone.id.clone(),
            serviceofferingid: ids.offering.id.clone(),
            templateid: ids.template.id.clone(),
            iptonetworklist: nics(wishes, ids, &macs)?,
            diskofferingid,
            size,
            rootdisksize: size::root_disk(vm).map(|size| size.0),
            ipaddress: address_in_a_basic_zone(wishes, ids),
            securitygroupnames: ids.guards.names.clone(),
            securitygroupids: ids.guards.ids.clone(),
            affinitygroupnames: wishes.affinity.names.clone(),
            hostid: own(&vm.host).or_else(|| wishes.host.clone()),
            clusterid: own(&vm.cluster),
            boottype,
            bootmode,
            userdata,
            keypair: wishes.key.as_ref().map(|key| key.name.clone()),
            details: size::details(wishes, ids)?,
        };
        let mut call = call;
        call.details.extend(vip::rules_to_remember(wishes));
        Ok(Self { call, networks, macs })
    }

    /// The VM's host name.
    pub(super) fn name(&self) -> &str {
        &self.call.name
    }
}

fn macs(wishes: &Wishes, operation: OperationId) -> BTreeMap<String, String> {
    let mut macs = BTreeMap::new();
    for (index, nic) in wishes.nics.iter().enumerate() {
        let mac = naming::mac(operation, index);
        macs.extend(nic.names.iter().map(|name| (name.clone(), mac.clone())));
    }
    macs
}

fn with_macs(networks: &Networks, macs: &BTreeMap<String, String>) -> Networks {
    let mut networks = networks.clone();
    for (name, network) in networks.iter_mut() {
        if let Some(mac) = macs.get(name) {
            network.set_mac(mac);
        }
    }
    networks
}

/// CloudStack makes one NIC of two in the same network, whatever they ask for.
fn nics(wishes: &Wishes, ids: &Ids, macs: &BTreeMap<String, String>) -> Result<Vec<IpToNetwork>> {
    let mut nics: Vec<IpToNetwork> = Vec::new();
    for (nic, network) in wishes.nics.iter().zip(&ids.networks) {
        if let Some(at) = nics.iter().position(|known| known.networkid == network.id) {
            return Err(CpiError::not_supported(format!(
                "arguments[3]: networks {} and {} are both network {} of the cloud, in which a VM \
                 has one NIC; with the same nic_group they can share it",
                wishes.nics[at].names.join(", "),
                nic.names.join(", "),
                network.id
            )));
        }
        nics.push(IpToNetwork {
            networkid: network.id.clone(),
            ip: nic.ip.map(|ip| ip.to_string()),
            ipv6: nic.ipv6.map(|ip| ip.to_string()),
            mac: nic.names.first().and_then(|name| macs.get(name)).cloned(),
        });
    }
    Ok(nics)
}

/// In a basic zone the address stands by itself.
fn address_in_a_basic_zone(wishes: &Wishes, ids: &Ids) -> Option<String> {
    let nic = wishes.nics.first().filter(|_| ids.zone.basic)?;
    nic.ip.map(|ip| ip.to_string())
}
