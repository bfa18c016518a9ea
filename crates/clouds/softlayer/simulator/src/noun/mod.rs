//! One file a noun: its type, what may be read of it, and its service's methods.

pub mod account;
pub mod address;
pub mod billing;
pub mod global_address;
pub mod guest;
pub mod hardware;
pub mod image;
pub mod location;
pub mod nic;
pub mod order;
pub mod package;
pub mod placement;
pub mod ssh_key;
pub mod storage;
pub mod tag;
pub mod transaction;
pub mod user;
pub mod vlan;

/// Types that share a file with others.
pub mod order_item {
    pub use super::order::{ITEM as KIND, read_item as read};
}
pub mod item {
    pub use super::package::{ITEM as KIND, read_item as read};
}
pub mod price {
    pub use super::package::{PRICE as KIND, read_price as read};
}
pub mod allowed_host {
    pub use super::storage::{HOST as KIND, read_host as read};
}
pub mod placement_group {
    pub use super::placement::{GROUP as KIND, read_group as read};
}
pub mod dedicated_host {
    pub use super::placement::{HOST as KIND, read_host as read};
}
pub mod security_group {
    pub use super::placement::{SECURITY as KIND, read_security as read};
}

/// Subnets are in the file of their addresses.
pub mod subnet {
    pub use super::address::{SUBNET as KIND, read_subnet as read};
}

use crate::engine::{Handler, Mask, dispatch, render};
use crate::kind::{CONTAINER, Kind, Leads};
use crate::state::Cloud;
use crate::thing::Thing;

/// A service: the type whose relations it reads, and methods that do more than that.
#[derive(Debug)]
pub struct Service {
    /// `SoftLayer_Virtual_Guest`.
    pub name: &'static str,
    /// What it is about.
    pub kind: &'static Kind,
    /// The object of an id, if the caller may see it.
    pub find: Option<fn(&Cloud, u64) -> Option<Thing>>,
    /// The object that is meant without an id.
    pub own: Option<fn(&Cloud) -> Thing>,
    /// Methods by name.
    pub methods: &'static [(&'static str, Handler)],
}

/// Every service.
const SERVICES: &[&Service] = &[
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
    &order::ORDERS,
    &order::SERVICE,
    &package::SERVICE,
    &placement::GROUPS,
    &placement::HOSTS,
    &placement::SECURITY_GROUPS,
    &ssh_key::SERVICE,
    &storage::ISCSI,
    &storage::SERVICE,
    &user::SERVICE,
    &vlan::SERVICE,
];

/// The service of that name.
pub fn service(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.name == name).copied()
}

/// Whether a call of this method with this mask is served: what is wrong with it, if it is not.
pub fn understands(name: &str, method: &str, mask: Option<&str>) -> Result<(), String> {
    let service = service(name).ok_or_else(|| format!("there is no service {name}"))?;
    let kind = match dispatch::getter(service.kind, method) {
        _ if service.methods.iter().any(|(known, _)| *known == method) => service.kind,
        Some((_, Leads::One(kind) | Leads::Many(kind))) => kind,
        Some((_, Leads::Value)) => &CONTAINER,
        None if method == "getObject" => service.kind,
        None => return Err(format!("{name} has no method {method}")),
    };
    // What a method makes up is no object, and takes no mask.
    let made_up = ["getCreateObjectOptions", "generateOrderTemplate"].contains(&method);
    let mask = Mask::parse(mask.filter(|_| !made_up).unwrap_or_default()).map_err(|it| it.text)?;
    render::check(kind, &mask).map_err(|it| it.text)
}
