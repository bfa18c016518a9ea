//! Where guests may be put: `SoftLayer_Virtual_PlacementGroup`, `SoftLayer_Virtual_DedicatedHost`;
//! and what guards them: `SoftLayer_Network_SecurityGroup`.

use super::{Service, guest, location};
use crate::engine::Answer;
use crate::kind::{Kind, Leads};
use crate::state::Cloud;
use crate::thing::{Node, Thing};
use crate::world::{DedicatedHostSpec, Named};
use serde_json::{Value, json};

pub static GROUP: Kind = Kind {
    name: "SoftLayer_Virtual_PlacementGroup",
    locals: &["id", "accountId", "backendRouterId", "createDate", "name", "ruleId"],
    relations: &[("guests", Leads::Many(&guest::KIND)), ("guestCount", Leads::Value)],
};

pub static HOST: Kind = Kind {
    name: "SoftLayer_Virtual_DedicatedHost",
    locals: &[
        "id",
        "cpuCount",
        "createDate",
        "diskCapacity",
        "memoryCapacity",
        "modifyDate",
        "name",
        "notes",
    ],
    relations: &[
        ("datacenter", Leads::One(&location::KIND)),
        ("guests", Leads::Many(&guest::KIND)),
        ("guestCount", Leads::Value),
        ("allocationStatus", Leads::One(&ALLOCATION)),
    ],
};

static ALLOCATION: Kind = Kind {
    name: "SoftLayer_Container_Virtual_DedicatedHost_AllocationStatus",
    locals: &[
        "cpuAllocated",
        "cpuAvailable",
        "cpuCount",
        "memoryAllocated",
        "memoryAvailable",
        "memoryCapacity",
    ],
    relations: &[],
};

pub static SECURITY: Kind = Kind {
    name: "SoftLayer_Network_SecurityGroup",
    locals: &["id", "createDate", "description", "modifyDate", "name"],
    relations: &[],
};

pub static GROUPS: Service = Service {
    name: "SoftLayer_Virtual_PlacementGroup",
    kind: &GROUP,
    find: Some(|cloud, id| {
        cloud.placement_groups.contains_key(&id).then_some(Thing::PlacementGroup(id))
    }),
    own: None,
    methods: &[],
};

pub static HOSTS: Service = Service {
    name: "SoftLayer_Virtual_DedicatedHost",
    kind: &HOST,
    find: Some(|cloud, id| {
        cloud.dedicated_hosts.contains_key(&id).then_some(Thing::DedicatedHost(id))
    }),
    own: None,
    methods: &[],
};

pub static SECURITY_GROUPS: Service = Service {
    name: "SoftLayer_Network_SecurityGroup",
    kind: &SECURITY,
    find: Some(|cloud, id| {
        cloud.security_groups.contains_key(&id).then_some(Thing::SecurityGroup(id))
    }),
    own: None,
    methods: &[("getAllObjects", |cloud, _| Ok(all_security_groups(cloud)))],
};

fn all_security_groups(cloud: &Cloud) -> Answer {
    Answer::Many(
        &SECURITY,
        cloud.security_groups.keys().map(|id| Thing::SecurityGroup(*id)).collect(),
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
        "guests" => Node::Many(mine().map(|it| Thing::Guest(it.id)).collect()),
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
        "datacenter" => Node::One(cloud.location_named(&host.datacenter).map(Thing::Location)),
        "guests" => Node::Many(mine().map(|it| Thing::Guest(it.id)).collect()),
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
