//! `SoftLayer_Virtual_Guest_Network_Component`: how machines are on networks.

use super::{address, guest, vlan};
use crate::kind::{Kind, Leads};
use crate::state::Cloud;
use crate::thing::{Machine, Node, Thing};
use jiff::Timestamp;
use serde_json::json;
use std::net::Ipv4Addr;

/// A network component.
#[derive(Debug, Clone)]
pub struct Nic {
    /// Its id.
    pub id: u64,
    /// Its UUID.
    pub uuid: String,
    /// Whose it is.
    pub machine: Machine,
    /// 0: private; 1: public.
    pub port: u64,
    /// Its MAC.
    pub mac: String,
    /// Its VLAN.
    pub vlan: u64,
    /// Its primary subnet.
    pub subnet: u64,
    /// Its own address, once it has one.
    pub address: Option<Ipv4Addr>,
    /// Mbit/s.
    pub max_speed: u64,
    /// The security groups of a guest's.
    pub security_groups: Vec<u64>,
    /// When it was made.
    pub created: Timestamp,
}

pub static KIND: Kind = Kind {
    name: "SoftLayer_Virtual_Guest_Network_Component",
    locals: &[
        "id",
        "guestId",
        "hardwareId",
        "createDate",
        "modifyDate",
        "name",
        "port",
        "macAddress",
        "maxSpeed",
        "speed",
        "status",
        "networkId",
        "uuid",
    ],
    relations: &[
        ("guest", Leads::One(&guest::KIND)),
        ("ipAddressBindings", Leads::Many(&BINDING)),
        ("networkVlan", Leads::One(&vlan::KIND)),
        ("networkVlanId", Leads::Value),
        ("primaryIpAddress", Leads::Value),
        ("primaryIpAddressRecord", Leads::One(&address::KIND)),
        ("primarySubnet", Leads::One(&address::SUBNET)),
        ("subnets", Leads::Many(&address::SUBNET)),
        ("securityGroupBindings", Leads::Many(&GROUP_BINDING)),
    ],
};

static BINDING: Kind = Kind {
    name: "SoftLayer_Virtual_Guest_Network_Component_IpAddress",
    locals: &["id", "ipAddressId", "port", "type"],
    relations: &[("ipAddress", Leads::One(&BOUND))],
};

/// The address of a binding, written out with its subnet.
static BOUND: Kind = Kind {
    name: "SoftLayer_Network_Subnet_IpAddress",
    locals: &[
        "id",
        "ipAddress",
        "subnetId",
        "isGateway",
        "isBroadcast",
        "isNetwork",
        "isReserved",
        "note",
    ],
    relations: &[("subnet", Leads::One(&BOUND_SUBNET))],
};

static BOUND_SUBNET: Kind = Kind {
    name: "SoftLayer_Network_Subnet",
    locals: &[
        "id",
        "networkVlanId",
        "netmask",
        "gateway",
        "cidr",
        "networkIdentifier",
        "subnetType",
    ],
    relations: &[],
};

static GROUP_BINDING: Kind = Kind {
    name: "SoftLayer_Virtual_Network_SecurityGroup_NetworkComponentBinding",
    locals: &["id", "networkComponentId", "securityGroupId"],
    relations: &[],
};

pub fn read(cloud: &Cloud, nic: &Nic, name: &str) -> Node {
    let of = |machine: Machine| match machine {
        Machine::Guest(id) => (Some(id), None),
        Machine::Hardware(id) => (None, Some(id)),
    };
    let record = || cloud.addresses.values().find(|it| Some(it.address) == nic.address);
    match name {
        "id" => nic.id.into(),
        "guestId" => json!(of(nic.machine).0).into(),
        "hardwareId" => json!(of(nic.machine).1).into(),
        "createDate" => crate::state::stamp(nic.created).into(),
        "name" => "eth".into(),
        "port" => nic.port.into(),
        "macAddress" => nic.mac.as_str().into(),
        "maxSpeed" | "speed" => nic.max_speed.into(),
        "status" => if nic.address.is_some() { "ACTIVE" } else { "DISABLED" }.into(),
        "uuid" => nic.uuid.as_str().into(),
        "networkId" | "networkVlanId" => nic.vlan.into(),
        "guest" => Node::One(of(nic.machine).0.map(Thing::Guest)),
        "networkVlan" => Node::One(Some(Thing::Vlan(nic.vlan))),
        "primaryIpAddress" => json!(nic.address.map(|it| it.to_string())).into(),
        "primaryIpAddressRecord" => Node::One(record().map(|it| Thing::Address(it.id))),
        "primarySubnet" => Node::One(nic.address.map(|_| Thing::Subnet(nic.subnet))),
        "subnets" => {
            let here = cloud.subnets.values().filter(|it| it.vlan == nic.vlan);
            Node::Many(here.map(|it| Thing::Subnet(it.id)).collect())
        }
        "ipAddressBindings" => bindings(cloud, nic),
        "securityGroupBindings" => {
            let binding = |group: &u64| json!({"id": nic.id + group, "networkComponentId": nic.id, "securityGroupId": group});
            json!(nic.security_groups.iter().map(binding).collect::<Vec<_>>()).into()
        }
        _ => json!(null).into(),
    }
}

fn bindings(cloud: &Cloud, nic: &Nic) -> Node {
    let record = cloud.addresses.values().find(|it| Some(it.address) == nic.address);
    let Some((record, subnet)) = record.zip(cloud.subnets.get(&nic.subnet)) else {
        return json!([]).into();
    };
    let range = subnet.range;
    json!([{
        "id": record.id,
        "ipAddressId": record.id,
        "port": nic.port,
        "type": "PRIMARY",
        "ipAddress": {
            "id": record.id,
            "ipAddress": record.address,
            "subnetId": subnet.id,
            "isGateway": false, "isBroadcast": false, "isNetwork": false, "isReserved": false,
            "note": record.note,
            "subnet": {
                "id": subnet.id,
                "networkVlanId": subnet.vlan,
                "netmask": range.netmask(),
                "gateway": range.at(1),
                "cidr": range.bits,
                "networkIdentifier": range.network,
                "subnetType": "PRIMARY",
            },
        },
    }])
    .into()
}
