//! Where guests may be put: `SoftLayer_Virtual_PlacementGroup`, `SoftLayer_Virtual_DedicatedHost`;
//! and what guards them: `SoftLayer_Network_SecurityGroup`.

use crate::engine::{Answer, Service};
use crate::object_ref::{Node, ObjectRef};
use crate::state::Cloud;
use crate::world::{DedicatedHostSpec, Named};
use serde_json::{Value, json};

pub static GROUPS: Service = Service {
    name: "SoftLayer_Virtual_PlacementGroup",
    find: Some(|cloud, id| {
        cloud.placement_groups.contains_key(&id).then_some(ObjectRef::PlacementGroup(id))
    }),
    own: None,
    methods: &[],
};

pub static HOSTS: Service = Service {
    name: "SoftLayer_Virtual_DedicatedHost",
    find: Some(|cloud, id| {
        cloud.dedicated_hosts.contains_key(&id).then_some(ObjectRef::DedicatedHost(id))
    }),
    own: None,
    methods: &[],
};

pub static SECURITY_GROUPS: Service = Service {
    name: "SoftLayer_Network_SecurityGroup",
    find: Some(|cloud, id| {
        cloud.security_groups.contains_key(&id).then_some(ObjectRef::SecurityGroup(id))
    }),
    own: None,
    methods: &[("getAllObjects", |cloud, _| Ok(all_security_groups(cloud)))],
};

fn all_security_groups(cloud: &Cloud) -> Answer {
    Answer::Many(
        "SoftLayer_Network_SecurityGroup",
        cloud.security_groups.keys().map(|id| ObjectRef::SecurityGroup(*id)).collect(),
    )
}

pub fn read_group(cloud: &Cloud, group: &Named, name: &str) -> Node {
    let mine = || cloud.guests.values().filter(|it| it.placement_group == Some(group.id));
    match name {
        "id" => group.id.into(),
        "accountId" => cloud.world.account.into(),
        "name" => group.name.as_str().into(),
        // Spread: there is no other rule.
        "ruleId" => 1.into(),
        "guests" => Node::Many(mine().map(|it| ObjectRef::Guest(it.id)).collect()),
        "guestCount" => mine().count().into(),
        _ => Value::Null.into(),
    }
}

pub fn read_host(cloud: &Cloud, host: &DedicatedHostSpec, name: &str) -> Node {
    let mine = || cloud.guests.values().filter(|it| it.dedicated_host == Some(host.id));
    match name {
        "id" => host.id.into(),
        "name" => host.name.as_str().into(),
        "cpuCount" => host.cores.into(),
        "memoryCapacity" => host.memory.into(),
        "datacenter" => Node::One(cloud.location_named(&host.datacenter).map(ObjectRef::Location)),
        "guests" => Node::Many(mine().map(|it| ObjectRef::Guest(it.id)).collect()),
        "guestCount" => mine().count().into(),
        "allocationStatus" => {
            let cores: u64 = mine().map(|it| it.cores).sum();
            let memory: u64 = mine().map(|it| it.memory >> 10).sum();
            json!({
                "cpuAllocated": cores, "cpuAvailable": host.cores - cores, "cpuCount": host.cores,
                "memoryAllocated": memory, "memoryAvailable": host.memory - memory,
                "memoryCapacity": host.memory,
            })
            .into()
        }
        _ => Value::Null.into(),
    }
}

pub fn read_security(_: &Cloud, group: &Named, name: &str) -> Node {
    match name {
        "id" => group.id.into(),
        "name" => group.name.as_str().into(),
        _ => Value::Null.into(),
    }
}
