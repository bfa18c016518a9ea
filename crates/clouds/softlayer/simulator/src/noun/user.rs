//! `SoftLayer_User_Customer`.

use super::Service;
use crate::kind::Kind;
use crate::state::Cloud;
use crate::thing::{Node, Thing};
use crate::world::UserSpec;
use serde_json::json;

/// A user.
#[derive(Debug, Clone)]
pub struct User {
    /// Its id.
    pub id: u64,
    /// What the world says of it.
    pub spec: UserSpec,
}

pub static KIND: Kind = Kind {
    name: "SoftLayer_User_Customer",
    locals: &["id", "accountId", "username", "displayName", "email", "firstName", "lastName"],
    relations: &[],
};

pub static SERVICE: Service = Service {
    name: "SoftLayer_User_Customer",
    kind: &KIND,
    find: Some(|cloud, id| cloud.users.contains_key(&id).then_some(Thing::User(id))),
    own: None,
    methods: &[],
};

pub fn read(cloud: &Cloud, user: &User, name: &str) -> Node {
    match name {
        "id" => user.id.into(),
        "accountId" => cloud.world.account.into(),
        "username" | "displayName" => user.spec.name.as_str().into(),
        _ => json!(null).into(),
    }
}
