//! `SoftLayer_Hardware_Server`: servers of metal.

mod life;
mod methods;
mod view;

pub use view::{KIND, read};

use super::Service;
use super::guest::Power;
use super::transaction::Transaction;
use crate::engine::Handler;
use crate::state::Cloud;
use crate::thing::Thing;
use jiff::Timestamp;

/// A hardware server.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its id.
    pub id: u64,
    /// Its global identifier.
    pub uuid: String,
    /// Its host name.
    pub hostname: String,
    /// Its domain.
    pub domain: String,
    /// When its order was approved.
    pub created: Timestamp,
    /// When it was first ready.
    pub provisioned: Option<Timestamp>,
    /// Where it is.
    pub location: u64,
    /// Its preset's key name.
    pub preset: String,
    /// Cores.
    pub cores: u64,
    /// Memory in MiB.
    pub memory: u64,
    /// Whether it is paid by the hour.
    pub hourly: bool,
    /// Its system.
    pub os: String,
    /// Its SSH keys.
    pub ssh_keys: Vec<u64>,
    /// URLs that are fetched after its first boot.
    pub scripts: Vec<String>,
    /// Its user data.
    pub user_data: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// Its tags.
    pub tags: Vec<u64>,
    /// Whether it runs.
    pub power: Power,
    /// How often it was booted.
    pub boots: u64,
    /// What the service is doing with it.
    pub transaction: Option<Transaction>,
    /// Its root password.
    pub password: String,
    /// Whether somebody cancelled it.
    pub deleted: bool,
}

pub static SERVICE: Service = Service {
    name: "SoftLayer_Hardware_Server",
    kind: &KIND,
    find: Some(find),
    own: None,
    methods: METHODS,
};

pub static HARDWARE: Service = Service {
    name: "SoftLayer_Hardware",
    kind: &KIND,
    find: Some(find),
    own: None,
    methods: METHODS,
};

const METHODS: &[(&str, Handler)] = &[
    ("editObject", methods::edit),
    ("setUserMetadata", methods::set_user_metadata),
    ("setTags", methods::set_tags),
    ("rebootSoft", methods::reboot),
    ("rebootHard", methods::reboot),
    ("rebootDefault", methods::reboot),
    ("powerOff", methods::power_off),
    ("powerOn", methods::power_on),
];

fn find(cloud: &Cloud, id: u64) -> Option<Thing> {
    cloud.servers.contains_key(&id).then_some(Thing::Server(id))
}

impl Server {
    /// Its name with its domain.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.hostname, self.domain)
    }
}
