//! `SoftLayer_Network_Vlan`.

use super::{Service, address, guest, location};
use crate::kind::{Kind, Leads};
use crate::state::Cloud;
use crate::thing::{Machine, Node, Thing};
use crate::world::VlanSpec;
use serde_json::json;

/// A VLAN.
#[derive(Debug, Clone)]
pub struct Vlan {
    /// Its id.
    pub id: u64,
    /// Where it is.
    pub location: u64,
    /// What the world says of it.
    pub spec: VlanSpec,
}

pub static KIND: Kind = Kind {
    name: "SoftLayer_Network_Vlan",
    locals: &[
        "id",
        "accountId",
        "vlanNumber",
        "name",
        "fullyQualifiedName",
        "primarySubnetId",
        "modifyDate",
    ],
    relations: &[
        ("networkSpace", Leads::Value),
        ("primaryRouter", Leads::One(&ROUTER)),
        ("primarySubnet", Leads::One(&address::SUBNET)),
        ("primarySubnets", Leads::Many(&address::SUBNET)),
        ("secondarySubnets", Leads::Many(&address::SUBNET)),
        ("subnets", Leads::Many(&address::SUBNET)),
        ("virtualGuests", Leads::Many(&guest::KIND)),
    ],
};

static ROUTER: Kind = Kind {
    name: "SoftLayer_Hardware",
    locals: &["id", "hostname", "domain", "fullyQualifiedDomainName"],
    relations: &[("datacenter", Leads::One(&location::KIND))],
};

pub static SERVICE: Service = Service {
    name: "SoftLayer_Network_Vlan",
    kind: &KIND,
    find: Some(|cloud, id| cloud.vlans.contains_key(&id).then_some(Thing::Vlan(id))),
    own: None,
    methods: &[],
};

impl Vlan {
    /// The subnet from which machines get their addresses, if nobody chooses another.
    pub fn primary_subnet(&self) -> u64 {
        self.spec.subnets.first().map_or(0, |subnet| subnet.id)
    }
}

pub fn read(cloud: &Cloud, vlan: &Vlan, name: &str) -> Node {
    let subnets = |portable: Option<bool>| {
        let wanted = cloud.subnets.values().filter(|it| it.vlan == vlan.id);
        let wanted = wanted.filter(|it| portable.is_none_or(|portable| it.portable == portable));
        Node::Many(wanted.map(|it| Thing::Subnet(it.id)).collect())
    };
    match name {
        "id" => vlan.id.into(),
        "accountId" => cloud.world.account.into(),
        "vlanNumber" => vlan.spec.number.into(),
        "name" => json!(vlan.spec.name).into(),
        "fullyQualifiedName" => {
            format!("{}.{}.{}", vlan.spec.datacenter, vlan.spec.router, vlan.spec.number).into()
        }
        "networkSpace" => vlan.spec.space.name().into(),
        "primarySubnetId" => vlan.primary_subnet().into(),
        "primarySubnet" => Node::One(Some(Thing::Subnet(vlan.primary_subnet()))),
        "primarySubnets" => subnets(Some(false)),
        "secondarySubnets" => subnets(Some(true)),
        "subnets" => subnets(None),
        "primaryRouter" => {
            let place = cloud.locations.get(&vlan.location).map(|it| &it.spec);
            let hostname = format!("{}.{}", vlan.spec.router, vlan.spec.datacenter);
            json!({
                "id": vlan.location * 10 + vlan.spec.space.port(),
                "hostname": hostname,
                "domain": "softlayer.com",
                "fullyQualifiedDomainName": format!("{hostname}.softlayer.com"),
                "datacenter": place.map(|it| json!({
                    "id": it.id, "name": it.name, "longName": it.long_name, "statusId": 2,
                })),
            })
            .into()
        }
        "virtualGuests" => {
            let here = cloud.nics.values().filter(|nic| nic.vlan == vlan.id);
            let guests = here.filter_map(|nic| match nic.machine {
                Machine::Guest(id) => Some(Thing::Guest(id)),
                Machine::Hardware(_) => None,
            });
            Node::Many(guests.collect())
        }
        _ => json!(null).into(),
    }
}
