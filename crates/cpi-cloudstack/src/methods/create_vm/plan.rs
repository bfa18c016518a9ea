//! The one call that will make the VM, complete.

use super::find::Ids;
use super::wishes::{DiskWish, Wishes};
use crate::CloudStack;
use crate::lookup::{DiskOfferingRow, OfferingRow};
use crate::naming;
use crate::properties::given;
use crate::settings::{Ephemeral, NewAgent};
use bosh_cpi::method::CreateVm;
use bosh_cpi::{CpiError, GiB, MiB, Networks, Result};
use cloudstack::api::{DeployVirtualMachine, IpToNetwork};
use ledger::OperationId;
use std::collections::BTreeMap;

/// MHz per core where a custom offering lets the caller choose and nobody does, as in the Go
/// CPI.
const CPU_SPEED: u64 = 2000;

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
        let name = cloud.names.vm(operation);
        let macs = macs(wishes, operation);
        let networks = with_macs(&call.networks, &macs);
        let disk = disk(wishes, ids)?;
        let new = NewAgent {
            agent_id: &call.agent_id,
            vm_name: &name,
            networks: &networks,
            ephemeral: if disk.is_some() { Ephemeral::Disk } else { Ephemeral::None },
            env: &call.env,
        };
        let userdata = Some(cloud.user_data(&new)?);
        let (diskofferingid, size) = match disk {
            Some((offering, size)) => (Some(offering.id.clone()), size.map(|size| size.0)),
            None => (None, None),
        };
        let keypair =
            given(&wishes.vm.key_name).or_else(|| given(&cloud.properties.default_key_name));
        let call = DeployVirtualMachine {
            displayname: Some(name.clone()),
            name,
            zoneid: ids.zone.id.clone(),
            serviceofferingid: ids.offering.id.clone(),
            templateid: ids.template.id.clone(),
            iptonetworklist: nics(wishes, ids, &macs),
            diskofferingid,
            size,
            rootdisksize: root_disk(wishes).map(|size| size.0),
            userdata,
            keypair: keypair.map(str::to_owned),
            details: details(wishes, &ids.offering)?,
        };
        Ok(Self { call, networks, macs })
    }

    /// The VM's host name.
    pub(super) fn name(&self) -> &str {
        &self.call.name
    }
}

fn macs(wishes: &Wishes, operation: OperationId) -> BTreeMap<String, String> {
    let mac = |(index, name): (usize, &String)| (name.clone(), naming::mac(operation, index));
    wishes.nics.iter().map(|nic| &nic.name).enumerate().map(mac).collect()
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

fn nics(wishes: &Wishes, ids: &Ids, macs: &BTreeMap<String, String>) -> Vec<IpToNetwork> {
    let nics = wishes.nics.iter().zip(&ids.networks);
    nics.map(|(nic, network)| IpToNetwork {
        networkid: network.id.clone(),
        ip: nic.ip.map(|ip| ip.to_string()),
        mac: macs.get(&nic.name).cloned(),
    })
    .collect()
}

/// The ephemeral disk's offering, and its size where that is for us to say.
fn disk<'a>(wishes: &Wishes, ids: &'a Ids) -> Result<Option<(&'a DiskOfferingRow, Option<GiB>)>> {
    let (Some(wish), Some(offering)) = (&wishes.disk, &ids.disk) else { return Ok(None) };
    let DiskWish { offering: wanted, size, explicit } = wish;
    match size {
        Some(size) => Ok(Some((offering, offering.size_for(*size, wanted)?))),
        None if !offering.custom => Ok(Some((offering, None))),
        // The default is a custom one, and this VM wishes for no disk.
        None if !explicit => Ok(None),
        None => Err(CpiError::cpi(format!(
            "{}.disk: missing; disk offering '{}' wants a size",
            wishes.path, offering.name
        ))),
    }
}

fn root_disk(wishes: &Wishes) -> Option<GiB> {
    wishes.vm.root_disk_size.filter(|size| size.0 > 0).map(MiB::ceil_gib)
}

/// Cores, memory and speed: wanted by a custom offering, refused by a fixed one.
fn details(wishes: &Wishes, offering: &OfferingRow) -> Result<BTreeMap<String, String>> {
    if !offering.custom {
        return Ok(BTreeMap::new());
    }
    let (path, vm) = (&wishes.path, &wishes.vm);
    let missing = |what: &str| {
        CpiError::cpi(format!(
            "{path}.{what}: missing; service offering '{}' is a custom one",
            offering.name
        ))
    };
    let mut details = BTreeMap::from([
        ("cpuNumber".to_owned(), vm.cpu.ok_or_else(|| missing("cpu"))?.to_string()),
        ("memory".to_owned(), vm.ram.ok_or_else(|| missing("ram"))?.to_string()),
    ]);
    if !offering.fixes_speed {
        details.insert("cpuSpeed".into(), vm.cpu_speed.unwrap_or(CPU_SPEED).to_string());
    }
    Ok(details)
}
