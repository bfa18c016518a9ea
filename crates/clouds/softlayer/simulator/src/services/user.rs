//! `SoftLayer_User_Customer`.

use crate::engine::Service;
use crate::object_ref::{Node, ObjectRef};
use crate::state::Cloud;
use crate::state::account::User;
use serde_json::json;

pub static SERVICE: Service = Service {
    name: "SoftLayer_User_Customer",
    find: Some(|cloud, id| cloud.users.contains_key(&id).then_some(ObjectRef::User(id))),
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
