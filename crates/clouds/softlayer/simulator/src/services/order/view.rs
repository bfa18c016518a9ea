//! What is told of an order and its items.

use crate::object_ref::{Node, ObjectRef};
use crate::state::Cloud;
use crate::state::order::{Order, OrderItem};
use crate::state::time::stamp;
use serde_json::{Value, json};

pub fn read(cloud: &Cloud, order: &Order, name: &str) -> Node {
    match name {
        "id" => order.id.into(),
        "accountId" => cloud.world.account.into(),
        "createDate" => stamp(order.created).into(),
        "orderTypeId" => 4.into(),
        "status" => order.status.name().into(),
        "userRecordId" => order.user.into(),
        "items" | "orderTopLevelItems" => {
            Node::Many(order.items.iter().map(|id| ObjectRef::OrderItem(*id)).collect())
        }
        "userRecord" => Node::One(Some(ObjectRef::User(order.user))),
        _ => Value::Null.into(),
    }
}

pub fn read_item(_: &Cloud, item: &OrderItem, name: &str) -> Node {
    match name {
        "id" => item.id.into(),
        "categoryCode" => item.category.as_str().into(),
        "description" => item.description.as_str().into(),
        "hostName" => json!(item.host_name).into(),
        "domainName" => json!(item.domain_name).into(),
        "itemPriceId" => item.price.to_string().into(),
        "orderId" => item.order.into(),
        "presetId" => json!(item.preset).into(),
        "quantity" => 1.into(),
        "recurringFee" | "setupFee" => "0".into(),
        "order" => Node::One(Some(ObjectRef::Order(item.order))),
        "billingItem" => Node::One(item.billing_item.map(ObjectRef::BillingItem)),
        _ => Value::Null.into(),
    }
}
