//! `SoftLayer_Location`: data centres.

use crate::engine::{Answer, Service};
use crate::object_ref::{Node, ObjectRef};
use crate::state::Cloud;
use crate::state::account::Location;
use serde_json::json;

pub static SERVICE: Service = Service {
    name: "SoftLayer_Location",
    find: Some(find),
    own: None,
    methods: &[("getDatacenters", |cloud, _| Ok(all(cloud)))],
};

pub static DATACENTERS: Service = Service {
    name: "SoftLayer_Location_Datacenter",
    find: Some(find),
    own: None,
    methods: &[("getDatacenters", |cloud, _| Ok(all(cloud)))],
};

/// The parts of data centres that share routers.
pub static PODS: Service = Service {
    name: "SoftLayer_Network_Pod",
    find: None,
    own: None,
    methods: &[("getAllObjects", |cloud, _| Ok(pods(cloud)))],
};

fn find(cloud: &Cloud, id: u64) -> Option<ObjectRef> {
    cloud.locations.contains_key(&id).then_some(ObjectRef::Location(id))
}

fn all(cloud: &Cloud) -> Answer {
    Answer::Many(
        "SoftLayer_Location",
        cloud.locations.keys().map(|id| ObjectRef::Location(*id)).collect(),
    )
}

/// One for each data centre: what a simulated data centre has of routers is one pair.
fn pods(cloud: &Cloud) -> Answer {
    let pod = |it: &Location| {
        json!({
            "name": format!("{}.pod01", it.spec.name),
            "datacenterId": it.id,
            "datacenterName": it.spec.name,
            "datacenterLongName": it.spec.long_name,
            "capabilities": [],
        })
    };
    Answer::Value(cloud.locations.values().map(pod).collect())
}

pub fn read(_: &Cloud, location: &Location, name: &str) -> Node {
    match name {
        "id" => location.id.into(),
        "name" => location.spec.name.as_str().into(),
        "longName" => location.spec.long_name.as_str().into(),
        "statusId" => 2.into(),
        _ => json!(null).into(),
    }
}
