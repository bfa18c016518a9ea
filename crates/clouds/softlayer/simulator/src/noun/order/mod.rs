//! `SoftLayer_Product_Order` and `SoftLayer_Billing_Order`: what is bought, and how.

mod container;
mod guest_upgrade;
mod hardware;
mod place;
mod prices;
mod snapshot_space;
mod storage;
mod view;

pub use container::Purchase;
pub use hardware::NewServer;
pub use storage::NewVolume;
pub use view::{ITEM, KIND, read, read_item};

use super::Service;
use crate::kind::CONTAINER;
use crate::thing::Thing;
use jiff::Timestamp;

/// An order.
#[derive(Debug, Clone)]
pub struct Order {
    /// Its id.
    pub id: u64,
    /// How far it is.
    pub status: Status,
    /// When it was placed.
    pub created: Timestamp,
    /// Who placed it.
    pub user: u64,
    /// Its items.
    pub items: Vec<u64>,
    /// What is bought.
    pub purchase: Purchase,
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It was placed.
    Pending,
    /// What it is for is being made.
    Approved,
    /// What it is for is there.
    Completed,
    /// Nothing comes of it.
    Cancelled,
}

impl Status {
    /// As SoftLayer writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING_AUTO_APPROVAL",
            Self::Approved => "APPROVED",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// An item of an order.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its id.
    pub id: u64,
    /// Its order.
    pub order: u64,
    /// `storage_as_a_service` …
    pub category: String,
    /// For people.
    pub description: String,
    /// The price.
    pub price: u64,
    /// The host name of a machine.
    pub host_name: Option<String>,
    /// Its domain.
    pub domain_name: Option<String>,
    /// The flavor or preset.
    pub preset: Option<u64>,
    /// What it is billed by, once it is.
    pub billing_item: Option<u64>,
}

pub static ORDERS: Service = Service {
    name: "SoftLayer_Billing_Order",
    kind: &KIND,
    find: Some(|cloud, id| cloud.orders.contains_key(&id).then_some(Thing::Order(id))),
    own: None,
    methods: &[],
};

pub static SERVICE: Service = Service {
    name: "SoftLayer_Product_Order",
    kind: &CONTAINER,
    find: None,
    own: None,
    methods: &[("verifyOrder", place::verify), ("placeOrder", place::place)],
};
