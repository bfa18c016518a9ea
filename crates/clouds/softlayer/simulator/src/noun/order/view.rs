//! What is told of an order and its items.

use super::{Item, Order};
use crate::kind::{Kind, Leads};
use crate::noun::{billing, user};
use crate::state::{Cloud, stamp};
use crate::thing::{Node, Thing};
use serde_json::{Value, json};

pub static KIND: Kind = Kind {
    name: "SoftLayer_Billing_Order",
    locals: &[
        "id",
        "accountId",
        "createDate",
        "modifyDate",
        "orderQuoteId",
        "orderTypeId",
        "presaleEventId",
        "privateCloudOrderFlag",
        "status",
        "userRecordId",
    ],
    relations: &[
        ("items", Leads::Many(&ITEM)),
        ("orderTopLevelItems", Leads::Many(&ITEM)),
        ("userRecord", Leads::One(&user::KIND)),
        ("orderApprovalDate", Leads::Value),
    ],
};

pub static ITEM: Kind = Kind {
    name: "SoftLayer_Billing_Order_Item",
    locals: &[
        "id",
        "categoryCode",
        "description",
        "domainName",
        "hostName",
        "itemId",
        "itemPriceId",
        "orderId",
        "parentId",
        "presetId",
        "quantity",
        "recurringFee",
        "setupFee",
    ],
    relations: &[("order", Leads::One(&KIND)), ("billingItem", Leads::One(&billing::KIND))],
};

pub fn read(cloud: &Cloud, order: &Order, name: &str) -> Node {
    match name {
        "id" => order.id.into(),
        "accountId" => cloud.world.account.into(),
        "createDate" => stamp(order.created).into(),
        "orderTypeId" => 4.into(),
        "status" => order.status.name().into(),
        "userRecordId" => order.user.into(),
        "items" | "orderTopLevelItems" => {
            Node::Many(order.items.iter().map(|id| Thing::OrderItem(*id)).collect())
        }
        "userRecord" => Node::One(Some(Thing::User(order.user))),
        _ => Value::Null.into(),
    }
}

pub fn read_item(_: &Cloud, item: &Item, name: &str) -> Node {
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
        "order" => Node::One(Some(Thing::Order(item.order))),
        "billingItem" => Node::One(item.billing_item.map(Thing::BillingItem)),
        _ => Value::Null.into(),
    }
}
