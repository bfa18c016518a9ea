//! `SoftLayer_Product_Order`: orders, and `SoftLayer_Billing_Order`: what became of them.

use super::common::{BillingItemRef, Id, KeyName, Time};
use crate::field::{Field, Misread, object};
use cloud_http::Secret;
use serde_json::Value;

object! {
    /// Checks an order without placing it: nothing is billed. Whatever is wrong with the order is
    /// refused here. Answers the order, with prices.
    pub struct VerifyOrder {
        /// The order.
        pub order: OrderForm,
    }
}

object! {
    /// Places an order. It is billed from here on.
    pub struct PlaceOrder {
        /// The order.
        pub order: OrderForm,
        /// Keep it as a quote only.
        pub save_as_quote: bool,
    }
}

/// One order, or several in one: servers are ordered so.
#[derive(Debug, Clone)]
pub enum OrderForm {
    /// One order.
    One(Box<Order>),
    /// Under `orderContainers`.
    Several(Vec<Order>),
}

const CONTAINERS: &str = "orderContainers";

impl Field for OrderForm {
    fn read(mut value: Value) -> Result<Self, Misread> {
        match value.get_mut(CONTAINERS).map(Value::take) {
            Some(orders) if !orders.is_null() => Vec::read(orders).map(Self::Several),
            _ => Order::read(value).map(|order| Self::One(Box::new(order))),
        }
    }

    fn write(&self) -> Value {
        match self {
            Self::One(order) => order.write(),
            Self::Several(orders) => serde_json::json!({ CONTAINERS: orders.write() }),
        }
    }

    fn secrets<'s>(&'s self, found: &mut Vec<&'s str>) {
        match self {
            Self::One(order) => order.secrets(found),
            Self::Several(orders) => orders.secrets(found),
        }
    }
}

impl From<Order> for OrderForm {
    fn from(order: Order) -> Self {
        Self::One(Box::new(order))
    }
}

/// An order for a volume.
pub const STORAGE: &str = "SoftLayer_Container_Product_Order_Network_Storage_AsAService";
/// An order for a larger or faster volume.
pub const STORAGE_UPGRADE: &str =
    "SoftLayer_Container_Product_Order_Network_Storage_AsAService_Upgrade";
/// An order for space for snapshots.
pub const SNAPSHOT_SPACE: &str =
    "SoftLayer_Container_Product_Order_Network_Storage_Enterprise_SnapshotSpace";
/// An order for more of it.
pub const SNAPSHOT_SPACE_UPGRADE: &str =
    "SoftLayer_Container_Product_Order_Network_Storage_Enterprise_SnapshotSpace_Upgrade";
/// An order for a larger guest.
pub const GUEST_UPGRADE: &str = "SoftLayer_Container_Product_Order_Virtual_Guest_Upgrade";
/// An order for a server.
pub const HARDWARE: &str = "SoftLayer_Container_Product_Order_Hardware_Server";

object! {
    /// An order, `SoftLayer_Container_Product_Order` and its kinds: which fields count depends on
    /// the kind.
    #[derive(Default)]
    pub struct Order {
        /// The kind: [`STORAGE`] …
        pub complex_type: String,
        /// The package, out of which the prices are.
        pub package_id: Option<u64>,
        /// The preset, if the package has such.
        pub preset_id: Option<u64>,
        /// The data center's id.
        pub location: Option<String>,
        /// How many.
        pub quantity: Option<u64>,
        /// Billed by the hour.
        pub use_hourly_pricing: Option<bool>,
        /// What is ordered.
        pub prices: Vec<PriceChoice>,
        /// More about it.
        pub properties: Vec<OrderProperty>,
        /// The volume's file system: `LINUX`.
        pub os_format_type: Option<KeyName>,
        /// The volume's size in GiB.
        pub volume_size: Option<u64>,
        /// The volume's IOPS, of a performance volume.
        pub iops: Option<u64>,
        /// The volume to upgrade.
        pub volume: Option<Id>,
        /// The volume that gets space for snapshots.
        pub volume_id: Option<u64>,
        /// The volume to make a copy of.
        pub duplicate_origin_volume_id: Option<u64>,
        /// The snapshot of it to make a copy of.
        pub duplicate_origin_snapshot_id: Option<u64>,
        /// The guests to upgrade.
        pub virtual_guests: Vec<Id>,
        /// The servers to make.
        pub hardware: Vec<NewHardware>,
        /// Their keys, a list for each server.
        pub ssh_keys: Vec<SshKeyChoice>,
        /// A script for each server, run after the first boot.
        pub provision_scripts: Vec<String>,
    }
}

object! {
    /// The prices are what is ordered.
    pub struct PriceChoice {
        /// The price.
        pub id: u64,
        /// What it stands for, where the order says so.
        pub categories: Vec<CategoryChoice>,
    }
}

impl From<u64> for PriceChoice {
    fn from(id: u64) -> Self {
        Self { id, categories: Vec::new() }
    }
}

object! {
    /// What a price stands for.
    pub struct CategoryChoice {
        /// `guest_disk1` …
        pub category_code: String,
    }
}

object! {
    /// More about an order.
    pub struct OrderProperty {
        /// `MAINTENANCE_WINDOW`, `NOTE_GENERAL` …
        pub name: String,
        /// Its value.
        pub value: String,
    }
}

object! {
    /// A server to make.
    #[derive(Default)]
    pub struct NewHardware {
        /// The host name.
        pub hostname: String,
        /// The domain.
        pub domain: String,
        /// The public NIC.
        pub primary_network_component: Option<HardwareNic>,
        /// The private NIC.
        pub primary_backend_network_component: Option<HardwareNic>,
        /// What the metadata service serves at first; at most 16 KiB.
        pub user_data: Vec<HardwareUserData>,
    }
}

object! {
    /// A NIC of a server to make.
    pub struct HardwareNic {
        /// In this VLAN.
        pub network_vlan: Option<Id>,
    }
}

object! {
    /// What the metadata service serves.
    pub struct HardwareUserData {
        /// One text.
        pub value: Secret,
    }
}

object! {
    /// The keys of one server.
    pub struct SshKeyChoice {
        /// The keys.
        pub ssh_key_ids: Vec<u64>,
    }
}

object! {
    /// What came of placing an order.
    pub struct OrderReceipt {
        /// The order's id.
        pub order_id: u64,
        /// When.
        pub order_date: Option<Time>,
        /// The order.
        pub placed_order: Option<PlacedOrder>,
    }
}

object! {
    /// An order that was placed.
    pub struct PlacedOrder {
        /// Its id.
        pub id: u64,
        /// `PENDING_AUTO_APPROVAL`, `APPROVED`, `COMPLETED` …
        pub status: Option<String>,
    }
}

object! {
    /// Tells what became of an order: `SoftLayer_Billing_Order`.
    pub struct GetBillingOrder {
        /// The order.
        pub id: u64,
    }
}

object! {
    /// What became of an order.
    pub struct BillingOrder {
        /// Its id.
        pub id: u64,
        /// `PENDING_AUTO_APPROVAL`, `APPROVED`, `COMPLETED` …
        pub status: Option<String>,
        /// When it was placed.
        pub create_date: Option<Time>,
        /// Who placed it.
        pub user_record: Option<OrderUser>,
    }
}

object! {
    /// An order with what is billed by it.
    pub struct BilledOrder {
        /// Its id.
        pub id: u64,
        /// `PENDING_AUTO_APPROVAL`, `APPROVED`, `COMPLETED` …
        pub status: Option<String>,
        /// What was ordered.
        pub items: Vec<BillingOrderItem>,
    }
}

object! {
    /// Who placed an order.
    pub struct OrderUser {
        /// The user's id.
        pub id: Option<u64>,
        /// Its name.
        pub username: Option<String>,
    }
}

object! {
    /// A part of an order.
    pub struct BillingOrderItem {
        /// Its id.
        pub id: u64,
        /// What it stands for: `storage_as_a_service` …
        pub category_code: Option<String>,
        /// In words.
        pub description: Option<String>,
        /// The host name of what was ordered, if it has one.
        pub host_name: Option<String>,
        /// What it is billed by, once it is there.
        pub billing_item: Option<BillingItemRef>,
    }
}
