//! One file a noun: its type, what may be read of it, and its service's methods.

pub mod account;
pub mod address;
pub mod guest;
pub mod image;
pub mod location;
pub mod nic;
pub mod ssh_key;
pub mod tag;
pub mod transaction;
pub mod user;
pub mod vlan;

/// Subnets are in the file of their addresses.
pub mod subnet {
    pub use super::address::{SUBNET as KIND, read_subnet as read};
}

use crate::engine::Handler;
use crate::kind::Kind;
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
    &guest::SERVICE,
    &image::SERVICE,
    &location::SERVICE,
    &location::DATACENTERS,
    &ssh_key::SERVICE,
    &user::SERVICE,
    &vlan::SERVICE,
];

/// The service of that name.
pub fn service(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.name == name).copied()
}
