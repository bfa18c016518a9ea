//! `SoftLayer_Network_Subnet` and `SoftLayer_Network_Subnet_IpAddress`.

use crate::engine::{Answer, Call, Exception, Service};
use crate::object_ref::{Machine, Node, ObjectRef};
use crate::services::global_address::{clear_route, of_subnet, route};
use crate::state::Cloud;
use crate::state::network::{Address, Subnet};
use serde_json::json;
use std::net::Ipv4Addr;

pub static SUBNETS: Service = Service {
    name: "SoftLayer_Network_Subnet",
    find: Some(|cloud, id| {
        let known = cloud.subnets.contains_key(&id) || of_subnet(cloud, id).is_some();
        known.then_some(ObjectRef::Subnet(id))
    }),
    own: None,
    methods: &[("route", route), ("clearRoute", clear_route)],
};

pub static SERVICE: Service = Service {
    name: "SoftLayer_Network_Subnet_IpAddress",
    find: Some(|cloud, id| cloud.addresses.contains_key(&id).then_some(ObjectRef::Address(id))),
    own: None,
    methods: &[("getByIpAddress", by_address), ("editObject", edit)],
};

fn by_address(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let text = call.text(0)?;
    let wanted: Ipv4Addr = text
        .trim()
        .parse()
        .map_err(|_| Exception::invalid(format!("Invalid IP address: '{text}'.")))?;
    let found = cloud.addresses.values().find(|it| it.address == wanted);
    // An address of nobody's subnet is null, and no error.
    Ok(found.map_or(Answer::Value(json!(null)), |it| Answer::One(ObjectRef::Address(it.id))))
}

fn edit(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let note = call.object(0)?.get("note").and_then(|note| note.as_str()).map(str::to_owned);
    let id = call.id()?;
    let address = cloud.addresses.get_mut(&id).ok_or_else(|| Exception::not_found(id))?;
    if note.is_some() {
        address.note = note;
    }
    Ok(true.into())
}

impl Cloud {
    /// Takes a free address of a subnet for a machine.
    pub fn take_address(&mut self, subnet: u64, machine: Machine) -> Option<Ipv4Addr> {
        let reserved = self.subnets.get(&subnet)?.reserved();
        let (first, last) = (
            self.subnets.get(&subnet)?.address_at(reserved),
            self.subnets.get(&subnet)?.range.broadcast(),
        );
        let free = self.addresses.values_mut().find(|it| {
            it.subnet == subnet && it.machine.is_none() && (first..last).contains(&it.address)
        })?;
        free.machine = Some(machine);
        Some(free.address)
    }

    /// Gives back what a machine has.
    pub fn release_addresses(&mut self, machine: Machine) {
        for address in self.addresses.values_mut().filter(|it| it.machine == Some(machine)) {
            address.machine = None;
        }
    }
}

pub fn read_subnet(cloud: &Cloud, subnet: &Subnet, name: &str) -> Node {
    let range = subnet.range;
    let space = || cloud.vlans.get(&subnet.vlan).map(|it| it.spec.space.name());
    let here = || cloud.addresses.values().filter(|it| it.subnet == subnet.id);
    match name {
        "id" => subnet.id.into(),
        "networkVlanId" => subnet.vlan.into(),
        "subnetType" => if subnet.portable { "SECONDARY_ON_VLAN" } else { "PRIMARY" }.into(),
        "networkIdentifier" => range.network().to_string().into(),
        "cidr" => range.prefix_len().into(),
        "netmask" => range.netmask().to_string().into(),
        "gateway" => subnet.address_at(1).to_string().into(),
        "broadcastAddress" => range.broadcast().to_string().into(),
        // A number, as a text.
        "usableIpAddressCount" => subnet.usable().to_string().into(),
        "totalIpAddresses" => subnet.size().to_string().into(),
        "version" => 4.into(),
        "isCustomerOwned" | "isCustomerRoutable" => false.into(),
        "addressSpace" => json!(space()).into(),
        "networkVlan" => Node::One(Some(ObjectRef::Vlan(subnet.vlan))),
        "datacenter" => {
            let place = cloud.vlans.get(&subnet.vlan).map(|it| it.location);
            Node::One(place.map(ObjectRef::Location))
        }
        "ipAddresses" => Node::Many(here().map(|it| ObjectRef::Address(it.id)).collect()),
        "ipAddressCount" => here().count().into(),
        "virtualGuests" => {
            let guests = here().filter_map(|it| guest_of(it.machine));
            Node::Many(guests.collect())
        }
        "hardware" => {
            let servers = here().filter_map(|it| match it.machine {
                Some(Machine::Hardware(id)) => Some(ObjectRef::Server(id)),
                _ => None,
            });
            Node::Many(servers.collect())
        }
        "tagReferences" => json!([]).into(),
        _ => json!(null).into(),
    }
}

fn guest_of(machine: Option<Machine>) -> Option<ObjectRef> {
    match machine {
        Some(Machine::Guest(id)) => Some(ObjectRef::Guest(id)),
        _ => None,
    }
}

pub fn read(cloud: &Cloud, address: &Address, name: &str) -> Node {
    let subnet = cloud.subnets.get(&address.subnet);
    let place = subnet.map(|it| u32::from(address.address) - u32::from(it.range.network()));
    let is = |wanted: u32| place == Some(wanted);
    match name {
        "id" => address.id.into(),
        "ipAddress" => address.address.to_string().into(),
        "isNetwork" => is(0).into(),
        "isGateway" => is(1).into(),
        "isReserved" => {
            subnet.zip(place).is_some_and(|(it, at)| at > 1 && at < it.reserved()).into()
        }
        "isBroadcast" => subnet.is_some_and(|it| it.range.broadcast() == address.address).into(),
        "note" => json!(address.note).into(),
        "subnetId" => address.subnet.into(),
        "subnet" => Node::One(Some(ObjectRef::Subnet(address.subnet))),
        "virtualGuest" => Node::One(guest_of(address.machine)),
        "hardware" => match address.machine {
            Some(Machine::Hardware(id)) => Node::One(Some(ObjectRef::Server(id))),
            _ => Node::One(None),
        },
        _ => json!(null).into(),
    }
}
