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

fn find(cloud: &Cloud, id: u64) -> Option<ObjectRef> {
    cloud.locations.contains_key(&id).then_some(ObjectRef::Location(id))
}

fn all(cloud: &Cloud) -> Answer {
    Answer::Many(
        "SoftLayer_Location",
        cloud.locations.keys().map(|id| ObjectRef::Location(*id)).collect(),
    )
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
