//! One file a service: what may be read of its objects, and its methods.

pub mod account;
pub mod address;
pub mod billing;
pub mod catalogue;
mod events;
pub mod global_address;
pub mod guest;
pub mod hardware;
pub mod image;
pub mod location;
pub mod network_component;
pub mod order;
pub mod placement;
pub mod ssh_key;
pub mod storage;
pub mod tag;
pub mod user;
mod user_data;
pub mod vlan;

use crate::engine::Service;
use crate::object_ref::{Node, ObjectRef};
use crate::state::{Behaviour, Cloud};
use serde_json::Value;

/// Every service.
pub const SERVICES: &[&Service] = &[
    &account::SERVICE,
    &address::SERVICE,
    &address::SUBNETS,
    &billing::SERVICE,
    &global_address::SERVICE,
    &guest::SERVICE,
    &hardware::HARDWARE,
    &hardware::SERVICE,
    &image::SERVICE,
    &location::SERVICE,
    &location::DATACENTERS,
    &location::PODS,
    &order::ORDERS,
    &order::SERVICE,
    &catalogue::SERVICE,
    &placement::GROUPS,
    &placement::HOSTS,
    &placement::SECURITY_GROUPS,
    &ssh_key::SERVICE,
    &storage::ISCSI,
    &storage::SERVICE,
    &user::SERVICE,
    &vlan::SERVICE,
];

/// What the tables below are told of the services.
pub const BEHAVIOUR: Behaviour =
    Behaviour { read, apply: events::apply, stock: Cloud::stock_packages };

macro_rules! readers {
    ($($name:ident $table:ident $reader:path;)*) => {
        /// What is behind one of an object's properties; null once it is gone.
        fn read(cloud: &Cloud, object: ObjectRef, name: &str) -> Node {
            match object {
                $(ObjectRef::$name(id) => cloud.$table.get(&id).map_or(
                    Node::Value(Value::Null),
                    |it| $reader(cloud, it, name),
                ),)*
            }
        }
    };
}

readers! {
    Account accounts account::read;
    User users user::read;
    Location locations location::read;
    Vlan vlans vlan::read;
    Subnet subnets address::read_subnet;
    Address addresses address::read;
    Guest guests guest::read;
    Nic nics network_component::read;
    Image images image::read;
    SshKey ssh_keys ssh_key::read;
    Tag tags tag::read;
    Server servers hardware::read;
    Volume volumes storage::read;
    AllowedHost allowed_hosts storage::read_host;
    Order orders order::read;
    OrderItem order_items order::read_item;
    BillingItem billing_items billing::read;
    Package packages catalogue::read;
    Item items catalogue::read_item;
    Price prices catalogue::read_price;
    GlobalAddress global_addresses global_address::read;
    PlacementGroup placement_groups placement::read_group;
    DedicatedHost dedicated_hosts placement::read_host;
    SecurityGroup security_groups placement::read_security;
}
