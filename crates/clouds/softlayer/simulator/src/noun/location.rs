//! `SoftLayer_Location`: data centres.

use super::Service;
use crate::engine::Answer;
use crate::kind::Kind;
use crate::state::Cloud;
use crate::thing::{Node, Thing};
use crate::world::DatacenterSpec;
use serde_json::json;

/// A data centre.
#[derive(Debug, Clone)]
pub struct Location {
    /// Its id.
    pub id: u64,
    /// What the world says of it.
    pub spec: DatacenterSpec,
}

pub static KIND: Kind = Kind {
    name: "SoftLayer_Location",
    locals: &["id", "name", "longName", "statusId"],
    relations: &[],
};

pub static SERVICE: Service = Service {
    name: "SoftLayer_Location",
    kind: &KIND,
    find: Some(find),
    own: None,
    methods: &[("getDatacenters", |cloud, _| Ok(all(cloud)))],
};

pub static DATACENTERS: Service = Service {
    name: "SoftLayer_Location_Datacenter",
    kind: &KIND,
    find: Some(find),
    own: None,
    methods: &[("getDatacenters", |cloud, _| Ok(all(cloud)))],
};

fn find(cloud: &Cloud, id: u64) -> Option<Thing> {
    cloud.locations.contains_key(&id).then_some(Thing::Location(id))
}

fn all(cloud: &Cloud) -> Answer {
    Answer::Many(&KIND, cloud.locations.keys().map(|id| Thing::Location(*id)).collect())
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
