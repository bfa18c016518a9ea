//! `SoftLayer_Product_Order` and `SoftLayer_Billing_Order`: what is bought, and how.

use crate::engine::Service;
use crate::object_ref::ObjectRef;

mod guest_upgrade;
mod hardware;
mod place;
mod prices;
mod purchase;
mod snapshot_space;
mod storage;
mod view;

pub use view::{read, read_item};

pub static ORDERS: Service = Service {
    name: "SoftLayer_Billing_Order",
    find: Some(|cloud, id| cloud.orders.contains_key(&id).then_some(ObjectRef::Order(id))),
    own: None,
    methods: &[],
};

pub static SERVICE: Service = Service {
    name: "SoftLayer_Product_Order",
    find: None,
    own: None,
    methods: &[("verifyOrder", place::verify), ("placeOrder", place::place)],
};
