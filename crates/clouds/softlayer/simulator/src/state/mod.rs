//! What the account holds: a typed table a resource, and the queue of what will happen.

pub mod account;
pub mod billing;
pub mod catalogue;
mod events;
mod from_world;
pub mod guest;
pub mod image;
pub mod network;
pub mod order;
pub mod server;
pub mod speed;
pub mod time;
pub mod transaction;
pub mod volume;

pub use events::{Event, Step};

use crate::object_ref::{Node, ObjectRef};
use crate::world::{DedicatedHostSpec, Named, Phase, World};
use account::{Account, Location, SshKey, Tag, User};
use billing::BillingItem;
use catalogue::{Item, Package, Price};
use events::EventQueue;
use guest::Guest;
use image::Image;
use jiff::Timestamp;
use network::{Address, GlobalAddress, Nic, Subnet, Vlan};
use order::{Order, OrderItem};
use server::Server;
use simulator_kit::CallLog;
use simulator_kit::clock::{Clock, later};
use simulator_kit::fault::{FaultKind, Faults, When};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use volume::{AllowedHost, Volume};

/// What the services above know of the tables: they are handed in, so that this floor need not
/// know them.
#[derive(Debug, Clone, Copy)]
pub struct Behaviour {
    /// What is behind a property of an object; null once it is gone.
    pub read: fn(&Cloud, ObjectRef, &str) -> Node,
    /// Lets an event happen.
    pub apply: fn(&mut Cloud, Event),
    /// Fills the packages.
    pub stock: fn(&mut Cloud),
}

/// A table: rows by id, the oldest first.
pub type Table<T> = BTreeMap<u64, T>;

/// An account: everything that it holds and everything that happens in it.
#[derive(Debug)]
pub struct Cloud {
    /// What it was made from.
    pub world: Arc<World>,
    /// The clock.
    pub clock: Clock,
    /// The time of what is being done, which while the past is caught up with is not now.
    time: Timestamp,
    random: fastrand::Rng,
    next_id: u64,
    events: EventQueue,
    behaviour: Behaviour,
    /// The account itself.
    pub accounts: Table<Account>,
    /// Users.
    pub users: Table<User>,
    /// Data centres.
    pub locations: Table<Location>,
    /// VLANs.
    pub vlans: Table<Vlan>,
    /// Subnets.
    pub subnets: Table<Subnet>,
    /// Every address of every subnet.
    pub addresses: Table<Address>,
    /// Virtual guests.
    pub guests: Table<Guest>,
    /// Network components of machines.
    pub nics: Table<Nic>,
    /// Images.
    pub images: Table<Image>,
    /// SSH keys.
    pub ssh_keys: Table<SshKey>,
    /// Tags.
    pub tags: Table<Tag>,
    /// Hardware servers.
    pub servers: Table<Server>,
    /// Volumes and snapshots.
    pub volumes: Table<Volume>,
    /// What machines mount volumes with.
    pub allowed_hosts: Table<AllowedHost>,
    /// Orders.
    pub orders: Table<Order>,
    /// Their items.
    pub order_items: Table<OrderItem>,
    /// What is paid for, or was.
    pub billing_items: Table<BillingItem>,
    /// Packages.
    pub packages: Table<Package>,
    /// Their items.
    pub items: Table<Item>,
    /// Their prices.
    pub prices: Table<Price>,
    /// Global addresses.
    pub global_addresses: Table<GlobalAddress>,
    /// Placement groups.
    pub placement_groups: Table<Named>,
    /// Dedicated hosts.
    pub dedicated_hosts: Table<DedicatedHostSpec>,
    /// Security groups.
    pub security_groups: Table<Named>,
    /// The user whose call is being answered.
    pub caller: u64,
    /// IAM tokens.
    pub(crate) tokens: Vec<Token>,
    /// How many calls there were in the running interval.
    pub(crate) throttle: Throttle,
    /// Faults to come.
    pub faults: Faults,
    /// What happens to what the call that is being answered begins.
    pub(crate) broken: Option<(FaultKind, When)>,
    /// The log of calls.
    pub calls: CallLog,
}

/// How many calls there were in the running interval.
#[derive(Debug, Clone, Default)]
pub struct Throttle {
    /// When it ends.
    pub(crate) ends: Option<Timestamp>,
    /// The calls.
    pub(crate) calls: u64,
}

/// An IAM token.
#[derive(Debug, Clone)]
pub struct Token {
    /// The text.
    pub token: String,
    /// Whose it is.
    pub user: u64,
    /// When it ends.
    pub ends: Timestamp,
}

impl Cloud {
    /// The time of what is being done.
    pub fn now(&self) -> Timestamp {
        self.time
    }

    /// What is behind a property of an object; null once it is gone.
    pub fn read(&self, object: ObjectRef, name: &str) -> Node {
        (self.behaviour.read)(self, object, name)
    }

    /// An id that nothing has.
    pub fn new_id(&mut self) -> u64 {
        // Real ids have gaps.
        self.next_id += 2 * self.random.u64(1..20);
        self.next_id
    }

    /// The id of everything that lists show.
    pub fn all_ids(&self) -> BTreeSet<u64> {
        fn of<T>(table: &Table<T>) -> impl Iterator<Item = u64> {
            table.keys().copied()
        }
        of(&self.accounts)
            .chain(of(&self.users))
            .chain(of(&self.locations))
            .chain(of(&self.vlans))
            .chain(of(&self.subnets))
            .chain(of(&self.addresses))
            .chain(of(&self.guests))
            .chain(of(&self.nics))
            .chain(of(&self.images))
            .chain(of(&self.ssh_keys))
            .chain(of(&self.tags))
            .chain(of(&self.servers))
            .chain(of(&self.volumes))
            .chain(of(&self.allowed_hosts))
            .chain(of(&self.orders))
            .chain(of(&self.order_items))
            .chain(of(&self.billing_items))
            .chain(of(&self.packages))
            .chain(of(&self.items))
            .chain(of(&self.prices))
            .chain(of(&self.global_addresses))
            .chain(of(&self.placement_groups))
            .chain(of(&self.dedicated_hosts))
            .chain(of(&self.security_groups))
            .collect()
    }

    /// A fresh UUID.
    pub fn new_uuid(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.random.u128(..).to_be_bytes()).into_uuid().to_string()
    }

    /// A fresh password.
    pub fn new_password(&mut self) -> String {
        (0..12).map(|_| self.random.alphanumeric()).collect()
    }

    /// A fresh MAC.
    pub fn new_mac(&mut self) -> String {
        let n = self.random.u32(..).to_be_bytes();
        format!("06:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", n[0] & 0x0f, n[1], n[2], n[3], n[0] >> 4)
    }

    /// Lets something happen when a phase that begins now is over.
    pub fn after(&mut self, phase: Phase, event: Event) {
        let at = later(self.time, self.world.timing.of(phase));
        let event = match self.broken {
            Some((FaultKind::JobFailure, When::Before)) => Event::Failed(Box::new(event)),
            _ => event,
        };
        self.events.push(at, event);
    }

    /// Does what has fallen due, in order.
    pub fn settle(&mut self) {
        let now = self.clock.now();
        while let Some((at, event)) = self.events.pop(now) {
            self.time = at.max(self.time);
            (self.behaviour.apply)(self, event);
        }
        self.time = now;
    }

    /// A token for an IAM key, and the seconds for which it is good.
    pub(crate) fn issue_token(&mut self, key: &str) -> Option<(String, u64)> {
        self.settle();
        let user = self.users.values().find(|user| user.spec.iam_key.as_deref() == Some(key))?.id;
        let seconds = self.world.settings.token_seconds;
        let token = self.new_uuid();
        let ends = later(self.now(), std::time::Duration::from_secs(seconds));
        self.tokens.push(Token { token: token.clone(), user, ends });
        Some((token, seconds))
    }
}
