//! `SoftLayer_Network_Vlan`.

use crate::engine::Service;
use crate::object_ref::{Machine, Node, ObjectRef};
use crate::state::Cloud;
use crate::state::network::Vlan;
use serde_json::json;

pub static SERVICE: Service = Service {
    name: "SoftLayer_Network_Vlan",
    find: Some(|cloud, id| cloud.vlans.contains_key(&id).then_some(ObjectRef::Vlan(id))),
    own: None,
    methods: &[],
};

pub fn read(cloud: &Cloud, vlan: &Vlan, name: &str) -> Node {
    let subnets = |portable: Option<bool>| {
        let wanted = cloud.subnets.values().filter(|it| it.vlan == vlan.id);
        let wanted = wanted.filter(|it| portable.is_none_or(|portable| it.portable == portable));
        Node::Many(wanted.map(|it| ObjectRef::Subnet(it.id)).collect())
    };
    let on_it = |wanted: fn(&Machine) -> bool| {
        cloud.nics.values().filter(|nic| nic.vlan == vlan.id && wanted(&nic.machine)).count()
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
        "primarySubnet" => Node::One(Some(ObjectRef::Subnet(vlan.primary_subnet()))),
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
        "hardwareCount" => on_it(|it| matches!(it, Machine::Hardware(_))).into(),
        "virtualGuestCount" => on_it(|it| matches!(it, Machine::Guest(_))).into(),
        "datacenter" => Node::One(Some(ObjectRef::Location(vlan.location))),
        "podName" => format!("{}.pod01", vlan.spec.datacenter).into(),
        "tagReferences" => json!([]).into(),
        "virtualGuests" => {
            let here = cloud.nics.values().filter(|nic| nic.vlan == vlan.id);
            let guests = here.filter_map(|nic| match nic.machine {
                Machine::Guest(id) => Some(ObjectRef::Guest(id)),
                Machine::Hardware(_) => None,
            });
            Node::Many(guests.collect())
        }
        _ => json!(null).into(),
    }
}
