//! `SoftLayer_Network_Subnet` and `SoftLayer_Network_Subnet_IpAddress`.

use super::{Service, guest, hardware, location, vlan};
use crate::engine::{Answer, Call, Exception};
use crate::kind::{Kind, Leads};
use crate::state::{Cloud, Range};
use crate::thing::{Machine, Node, Thing};
use serde_json::json;
use std::net::Ipv4Addr;

/// A subnet.
#[derive(Debug, Clone)]
pub struct Subnet {
    /// Its id.
    pub id: u64,
    /// Its VLAN.
    pub vlan: u64,
    /// Its addresses.
    pub range: Range,
    /// Whether its addresses may move between machines of the VLAN.
    pub portable: bool,
}

/// An address of a subnet.
#[derive(Debug, Clone)]
pub struct Address {
    /// Its id.
    pub id: u64,
    /// Its subnet.
    pub subnet: u64,
    /// The address.
    pub address: Ipv4Addr,
    /// What somebody noted on it.
    pub note: Option<String>,
    /// The machine whose own address it is.
    pub machine: Option<Machine>,
}

pub static SUBNET: Kind = Kind {
    name: "SoftLayer_Network_Subnet",
    locals: &[
        "id",
        "networkVlanId",
        "subnetType",
        "networkIdentifier",
        "cidr",
        "netmask",
        "gateway",
        "broadcastAddress",
        "usableIpAddressCount",
        "totalIpAddresses",
        "version",
        "note",
        "isCustomerOwned",
        "isCustomerRoutable",
        "sortOrder",
        "modifyDate",
    ],
    relations: &[
        ("addressSpace", Leads::Value),
        ("networkVlan", Leads::One(&vlan::KIND)),
        ("ipAddresses", Leads::Many(&KIND)),
        ("datacenter", Leads::One(&location::KIND)),
        ("virtualGuests", Leads::Many(&guest::KIND)),
    ],
};

pub static KIND: Kind = Kind {
    name: "SoftLayer_Network_Subnet_IpAddress",
    locals: &[
        "id",
        "ipAddress",
        "isBroadcast",
        "isGateway",
        "isNetwork",
        "isReserved",
        "note",
        "subnetId",
    ],
    relations: &[
        ("subnet", Leads::One(&SUBNET)),
        ("virtualGuest", Leads::One(&guest::KIND)),
        ("hardware", Leads::One(&hardware::KIND)),
    ],
};

pub static SUBNETS: Service = Service {
    name: "SoftLayer_Network_Subnet",
    kind: &SUBNET,
    find: Some(|cloud, id| cloud.subnets.contains_key(&id).then_some(Thing::Subnet(id))),
    own: None,
    methods: &[],
};

pub static SERVICE: Service = Service {
    name: "SoftLayer_Network_Subnet_IpAddress",
    kind: &KIND,
    find: Some(|cloud, id| cloud.addresses.contains_key(&id).then_some(Thing::Address(id))),
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
    Ok(found.map_or(Answer::Value(json!(null)), |it| Answer::One(Thing::Address(it.id))))
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

impl Subnet {
    /// How many addresses at its beginning are the service's own: network, gateway, and in a
    /// primary subnet the two routers.
    fn reserved(&self) -> u32 {
        if self.portable { 2 } else { 4 }
    }

    fn usable(&self) -> u32 {
        self.range.size().saturating_sub(self.reserved() + 1)
    }
}

impl Cloud {
    /// Takes a free address of a subnet for a machine.
    pub fn take_address(&mut self, subnet: u64, machine: Machine) -> Option<Ipv4Addr> {
        let reserved = self.subnets.get(&subnet)?.reserved();
        let (first, last) = (
            self.subnets.get(&subnet)?.range.at(reserved),
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
        "networkIdentifier" => range.network.to_string().into(),
        "cidr" => range.bits.into(),
        "netmask" => range.netmask().to_string().into(),
        "gateway" => range.at(1).to_string().into(),
        "broadcastAddress" => range.broadcast().to_string().into(),
        // A number, as a text.
        "usableIpAddressCount" => subnet.usable().to_string().into(),
        "totalIpAddresses" => range.size().to_string().into(),
        "version" => 4.into(),
        "isCustomerOwned" | "isCustomerRoutable" => false.into(),
        "addressSpace" => json!(space()).into(),
        "networkVlan" => Node::One(Some(Thing::Vlan(subnet.vlan))),
        "datacenter" => {
            let place = cloud.vlans.get(&subnet.vlan).map(|it| it.location);
            Node::One(place.map(Thing::Location))
        }
        "ipAddresses" => Node::Many(here().map(|it| Thing::Address(it.id)).collect()),
        "virtualGuests" => {
            let guests = here().filter_map(|it| guest_of(it.machine));
            Node::Many(guests.collect())
        }
        _ => json!(null).into(),
    }
}

fn guest_of(machine: Option<Machine>) -> Option<Thing> {
    match machine {
        Some(Machine::Guest(id)) => Some(Thing::Guest(id)),
        _ => None,
    }
}

pub fn read(cloud: &Cloud, address: &Address, name: &str) -> Node {
    let subnet = cloud.subnets.get(&address.subnet);
    let place = subnet.map(|it| u32::from(address.address) - u32::from(it.range.network));
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
        "subnet" => Node::One(Some(Thing::Subnet(address.subnet))),
        "virtualGuest" => Node::One(guest_of(address.machine)),
        "hardware" => match address.machine {
            Some(Machine::Hardware(id)) => Node::One(Some(Thing::Server(id))),
            _ => Node::One(None),
        },
        _ => json!(null).into(),
    }
}
