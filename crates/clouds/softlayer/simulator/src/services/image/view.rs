//! What is told of an image.

use crate::object_ref::{Node, ObjectRef};
use crate::state::Cloud;
use crate::state::image::{Copy, Image};
use crate::state::time::stamp;
use serde_json::{Value, json};

pub fn read(cloud: &Cloud, image: &Image, name: &str) -> Node {
    let here = || image.copies.iter().filter(|copy| copy.bytes > 0);
    match name {
        "id" => image.id.into(),
        "accountId" => json!(image.account.unwrap_or(2)).into(),
        "createDate" => stamp(image.created).into(),
        "globalIdentifier" => image.uuid.as_str().into(),
        "name" => image.name.as_str().into(),
        "note" => json!(image.note).into(),
        // Of an image that is nobody's child, an empty text.
        "parentId" => "".into(),
        // A flag, as a number.
        "publicFlag" => u64::from(image.account.is_none()).into(),
        "statusId" => 1.into(),
        "summary" => image.name.as_str().into(),
        "transactionId" => json!(image.transaction.as_ref().map(|it| it.id)).into(),
        // The parent has no blocks of its own: its children have.
        "blockDevicesDiskSpaceTotal" => 0.into(),
        "bootMode" => json!(image.boot_mode).into(),
        "flexImageFlag" => false.into(),
        "imageType" => json!({"keyName": "SYSTEM", "name": "System"}).into(),
        "imageTypeKeyName" => "SYSTEM".into(),
        "status" => json!({"keyName": "ACTIVE", "name": "Active"}).into(),
        "children" => children(cloud, image),
        "datacenter" => Node::One(here().next().map(|copy| ObjectRef::Location(copy.location))),
        "datacenters" => {
            Node::Many(here().map(|copy| ObjectRef::Location(copy.location)).collect())
        }
        "tagReferences" => cloud.tag_references(&image.tags, image.id, 3).into(),
        "transaction" => transaction(cloud, image).into(),
        _ => json!(null).into(),
    }
}

fn transaction(cloud: &Cloud, image: &Image) -> Value {
    json!(image.transaction.as_ref().map(|it| it.value(cloud.now(), ("guestId", 0))))
}

fn children(cloud: &Cloud, image: &Image) -> Node {
    let child = |copy: &Copy| {
        let place = cloud.locations.get(&copy.location).map(|it| &it.spec);
        json!({
            "id": copy.id,
            "accountId": image.account,
            "createDate": stamp(image.created),
            "name": image.name,
            "parentId": image.id,
            "publicFlag": 0,
            "statusId": 1,
            "transactionId": image.transaction.as_ref().map(|it| it.id),
            "transaction": transaction(cloud, image),
            "blockDevicesDiskSpaceTotal": copy.bytes,
            "datacenter": place.map(|it| json!({
                "id": it.id, "name": it.name, "longName": it.long_name, "statusId": 2,
            })),
        })
    };
    Value::from_iter(image.copies.iter().map(child)).into()
}
