//! NICs.

use super::view::{self, Details};
use crate::engine::{Answer, Call, Job, Refusal, fields};
use crate::state::address::{PublicAddress, StaticNat};
use crate::state::{Cloud, Nic, SecondaryAddress, Vm, VmState};
use crate::world::NetworkKind;
use cloudstack::{api, phrases};
use serde_json::{Map, Value, json};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A NIC that a call wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedNic {
    /// In this network.
    pub network: String,
    /// With this address.
    pub address: Option<Ipv4Addr>,
    /// With this IPv6 address.
    pub address6: Option<Ipv6Addr>,
    /// With this MAC.
    pub mac: Option<String>,
}

impl Cloud {
    /// The public address that leads to a VM.
    pub fn static_nat_of(&self, vm: &str) -> Option<&PublicAddress> {
        self.static_nat(|nat| nat.vm == vm)
    }

    /// The public address that leads to an address of a network.
    fn static_nat_to(&self, network: &str, address: Option<Ipv4Addr>) -> Option<&PublicAddress> {
        self.static_nat(|nat| nat.network == network && Some(nat.address) == address)
    }

    fn static_nat(&self, is: impl Fn(&StaticNat) -> bool) -> Option<&PublicAddress> {
        self.routing.addresses.iter().find(|address| {
            address.lease.as_ref().and_then(|lease| lease.static_nat.as_ref()).is_some_and(&is)
        })
    }

    /// Makes a NIC: takes an address and a MAC.
    pub fn make_nic(&mut self, wanted: &WantedNic, device: u64) -> Result<Nic, Refusal> {
        let address = self.pick_address(&wanted.network, wanted.address)?;
        let address6 = self.pick_address6(&wanted.network, wanted.address6)?;
        let mac = match &wanted.mac {
            Some(mac) => mac.to_ascii_lowercase(),
            None => self.pick_mac(&wanted.network),
        };
        Ok(Nic {
            id: self.new_id(),
            network: wanted.network.clone(),
            address,
            address6,
            secondary: Vec::new(),
            mac,
            default: device == 0,
            device,
            plugged: true,
        })
    }

    /// Refuses a MAC that is none, or that somebody has.
    pub fn check_mac(&self, mac: &str) -> Result<(), Refusal> {
        let parts: Vec<&str> = mac.split(':').collect();
        let hex = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
        if parts.len() != 6 || !parts.iter().all(hex) {
            return Err(Refusal::invalid(format!("{}: {mac}", phrases::MAC_INVALID)));
        }
        if self.mac_is_taken(mac) {
            return Err(Refusal::invalid(format!("{}: {mac}", phrases::MAC_TAKEN)));
        }
        Ok(())
    }
}

/// A NIC as its VM shows it.
pub fn view(cloud: &Cloud, nic: &Nic) -> api::Nic {
    let network = cloud.networks.ever(&nic.network);
    let range = network.and_then(|network| network.range);
    let range6 = network.and_then(|network| network.range6);
    let kind = network.map(|network| network.kind);
    let ready = network.filter(|network| !network.implementing);
    let vlan = ready.and_then(|network| network.vlan.as_deref());
    let vlan = vlan.filter(|_| nic.plugged || kind == Some(NetworkKind::Shared));
    let vpc = network.and_then(|network| network.vpc.as_deref());
    let vpc = vpc.and_then(|id| cloud.routing.vpcs.ever(id));
    let public = cloud.static_nat_to(&nic.network, nic.address);
    api::Nic {
        id: nic.id.clone(),
        networkid: nic.network.clone(),
        ipaddress: nic.address.map(|address| address.to_string()),
        netmask: range.map(|range| range.netmask().to_string()),
        gateway: range.map(|range| range.gateway.to_string()),
        ip6address: nic.address6.map(|address| address.to_string()),
        ip6gateway: range6.map(|range| range.gateway().to_string()),
        ip6cidr: range6.map(|range| range.cidr()),
        macaddress: nic.mac.clone(),
        isdefault: nic.default,
        other: fields(json!({
            "networkname": network.map(|network| &network.name),
            "isolationuri": vlan.filter(|vlan| *vlan != "untagged").map(uri),
            "broadcasturi": vlan.map(uri),
            "traffictype": "Guest",
            "type": kind.map(NetworkKind::name),
            "secondaryip": nic.secondary.iter().map(|it| json!({"id": it.id, "ipaddress": it.address})).collect::<Vec<_>>(),
            "extradhcpoption": [],
            "deviceid": nic.device.to_string(),
            "publicipid": public.map(|public| &public.id),
            "publicip": public.map(|public| public.address),
            "vpcid": vpc.map(|vpc| &vpc.id),
            "vpcname": vpc.map(|vpc| &vpc.name),
        })),
    }
}

fn uri(vlan: &str) -> String {
    format!("vlan://{vlan}")
}

/// `listNics`: a VM's NICs, each naming the VM.
pub fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let known = call.params.need_id("virtualmachineid", &cloud.vms)?;
    if cloud.vms.get(known).is_none() {
        return Err(Refusal::new(530, 9999, "Virtual machine id does not exist"));
    }
    let id = cloud.need_vm(call, "virtualmachineid")?;
    let nic_id = call.params.text("nicid");
    let nics = cloud.vms.get(&id).map(|vm| vm.nics.as_slice()).unwrap_or_default();
    let rows: Vec<Map<String, Value>> = nics
        .iter()
        .filter(|nic| nic_id.is_none_or(|id| nic.id == id))
        .map(|nic| {
            let mut row = match crate::engine::value(view(cloud, nic)) {
                Value::Object(row) => row,
                _ => Map::new(),
            };
            row.remove("secondaryip");
            row.insert("virtualmachineid".into(), id.as_str().into());
            row
        })
        .collect();
    Ok(Answer::list("nic", rows))
}

/// `addNicToVirtualMachine`.
pub fn add(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_vm(call, "virtualmachineid")?;
    let network = crate::engine::live_id(call, "networkid", "Network", &cloud.networks)?;
    let mac = call.params.text("macaddress").map(str::to_owned);
    let address = address(call, "ipaddress")?;
    let wanted = WantedNic { network, address, address6: None, mac };
    let (caller, vm, on) = (call.caller.clone(), id.clone(), id.clone());
    let plug = move |cloud: &mut Cloud| {
        check_add(cloud, &vm, &wanted)?;
        let device = cloud.vms.get(&vm).map(|vm| vm.nics.len() as u64).unwrap_or_default();
        cloud.implement_network(&wanted.network)?;
        cloud.network_is_ready(&wanted.network);
        let mut nic = cloud.make_nic(&wanted, device)?;
        nic.plugged = cloud.vms.get(&vm).is_some_and(|vm| vm.state == VmState::Running);
        if let Some(vm) = cloud.vms.get_mut(&vm) {
            vm.nics.push(nic);
        }
        Ok(view::result_with(cloud, &caller, &vm, Details::NICS))
    };
    Ok(Job::new(plug).on(id).queued(Some(on)))
}

fn check_add(cloud: &Cloud, id: &str, wanted: &WantedNic) -> Result<(), Refusal> {
    let Some(vm) = cloud.vms.get(id) else {
        return Err(crate::engine::gone("VirtualMachine", cloud.vms.number(id)));
    };
    if cloud.zones.get(&vm.zone).is_some_and(|zone| zone.is_basic()) {
        return Err(Refusal::internal("a VM in a basic zone has one NIC"));
    }
    if !matches!(vm.state, VmState::Running | VmState::Stopped) {
        return Err(wrong_state(vm));
    }
    if vm.nics.iter().any(|nic| nic.network == wanted.network) {
        let text = format!(
            "A NIC already exists for VM:{} in network {}",
            vm.instance_name, wanted.network
        );
        return Err(Refusal::internal(text));
    }
    wanted.mac.as_deref().map_or(Ok(()), |mac| cloud.check_mac(mac))
}

fn wrong_state(vm: &Vm) -> Refusal {
    Refusal::internal(format!("VM {} is {}, not running or stopped", vm.id, vm.state.name()))
}

/// `removeNicFromVirtualMachine`.
pub fn remove(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_vm(call, "virtualmachineid")?;
    let nic_id = call.params.need("nicid")?.to_owned();
    let vm = cloud.vms.get(&id);
    if !vm.is_some_and(|vm| vm.nics.iter().any(|nic| nic.id == nic_id)) {
        return Err(call.params.unknown_id("nicid", &nic_id));
    }
    let (caller, queue) = (call.caller.clone(), id.clone());
    let unplug = move |cloud: &mut Cloud| {
        if let Some(vm) = cloud.vms.get_mut(&id) {
            if vm.nics.iter().any(|nic| nic.id == nic_id && nic.default) {
                return Err(Refusal::internal(format!("NIC {nic_id} is the default one of {id}")));
            }
            vm.nics.retain(|nic| nic.id != nic_id);
        }
        Ok(view::result_with(cloud, &caller, &id, Details::NICS))
    };
    Ok(Job::new(unplug).queued(Some(queue)))
}

/// `addIpToNic`: one more address of a NIC, which goes with it.
pub fn add_address(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let nic_id = call.params.need("nicid")?.to_owned();
    let of_vm = |vm: &Vm| {
        let nic = vm.nics.iter().find(|nic| nic.id == nic_id)?;
        Some((vm.id.clone(), nic.network.clone(), vm.owner.clone()))
    };
    let Some((vm, network, owner)) = cloud.vms.iter().find_map(of_vm) else {
        return Err(call.params.unknown_id("nicid", &nic_id));
    };
    cloud.check_owner(call.caller, &owner)?;
    let wanted = address(call, "ipaddress")?;
    let picked = cloud.pick_address(&network, wanted);
    let picked =
        picked.map_err(|_| Refusal::new(530, 9999, "Failed to assign secondary ip to nic"))?;
    let Some(address) = picked else {
        return Err(Refusal::invalid(format!("network {network} gives no addresses")));
    };
    let id = cloud.new_id();
    let nics = cloud.vms.get_mut(&vm).map(|vm| vm.nics.as_mut_slice()).unwrap_or_default();
    if let Some(nic) = nics.iter_mut().find(|nic| nic.id == nic_id) {
        nic.secondary.push(SecondaryAddress { id: id.clone(), address });
    }
    let told = json!({"id": id, "ipaddress": address, "nicid": nic_id, "networkid": network,
                      "virtualmachineid": vm, "secondaryip": []});
    Ok(Job::new(move |_| Ok(json!({"nicsecondaryip": told}))).making(id))
}

/// `removeIpFromNic`: of a further address.
pub fn remove_address(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = call.params.need("id")?.to_owned();
    let has = |vm: &&Vm| vm.nics.iter().any(|nic| nic.secondary.iter().any(|it| it.id == id));
    let Some(vm) = cloud.vms.iter().find(has) else {
        return Err(call.params.unknown_id("id", &id));
    };
    cloud.check_owner(call.caller, &vm.owner)?;
    let vm = vm.id.clone();
    Ok(Job::new(move |cloud| {
        for nic in cloud.vms.get_mut(&vm).into_iter().flat_map(|vm| &mut vm.nics) {
            nic.secondary.retain(|it| it.id != id);
        }
        Ok(json!({"success": true}))
    }))
}

/// `updateVmNicIp`: another address for a NIC of a stopped VM, any free one if none is named.
pub fn update_address(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let nic_id = call.params.need("nicid")?.to_owned();
    let has = |vm: &&Vm| vm.nics.iter().any(|nic| nic.id == nic_id);
    let Some(vm) = cloud.vms.iter().find(has) else {
        return match cloud.vms.was_any(|vm| has(&vm)) {
            true => Err(Refusal::invalid("Can't find network id for specified nic")),
            false => Err(call.params.unknown_id("nicid", &nic_id)),
        };
    };
    cloud.check_owner(call.caller, &vm.owner)?;
    let vm = vm.id.clone();
    let wanted = address(call, "ipaddress")?;
    let (caller, queue, begun) = (call.caller.clone(), vm.clone(), vm.clone());
    let job = Job::new(move |cloud| {
        let nics = cloud.vms.get(&vm).map(|vm| vm.nics.as_slice()).unwrap_or_default();
        let Some(nic) = nics.iter().find(|nic| nic.id == nic_id) else {
            return Err(Refusal::invalid("Can't find network id for specified nic"));
        };
        let network = nic.network.clone();
        let picked = cloud.pick_address(&network, wanted);
        let Ok(Some(address)) = picked else {
            return Err(Refusal::invalid(format!("Allocating ip to guest nic {nic_id} failed")));
        };
        let nics = cloud.vms.get_mut(&vm).map(|vm| vm.nics.as_mut_slice()).unwrap_or_default();
        if let Some(nic) = nics.iter_mut().find(|nic| nic.id == nic_id) {
            nic.address = Some(address);
        }
        let mut result = view::result_with(cloud, &caller, &vm, Details::NICS);
        // Recorded: this answer is a plain user's.
        if let Some(row) = result["virtualmachine"].as_object_mut() {
            row.retain(|key, _| !matches!(key.as_str(), "instancename" | "arch"));
        }
        Ok(result)
    });
    let begin = move |cloud: &mut Cloud| match cloud.vms.get(&begun).map(|vm| vm.state) {
        Some(VmState::Stopped) => Ok(()),
        _ => Err(Refusal::invalid(
            "VM is not Stopped, unable to update the vm nic having the specified id",
        )),
    };
    Ok(job.begin(begin).queued(Some(queue)))
}

/// An IPv4 address that a call names.
pub fn address(call: &Call<'_>, name: &str) -> Result<Option<Ipv4Addr>, Refusal> {
    call.params.text(name).map(parse).transpose()
}

/// Reads an IPv6 address.
pub fn parse6(text: &str) -> Result<Ipv6Addr, Refusal> {
    text.parse().map_err(|_| Refusal::invalid(format!("Invalid IPv6 address format: {text}")))
}

/// Reads an IPv4 address.
pub fn parse(text: &str) -> Result<Ipv4Addr, Refusal> {
    text.parse().map_err(|_| Refusal::invalid(format!("Invalid IP address format: {text}")))
}
