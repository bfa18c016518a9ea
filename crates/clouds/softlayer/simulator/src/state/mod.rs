//! What the account holds: a typed table per noun.

mod due;
mod make;
mod range;

pub use due::{Event, Step};
pub use range::Range;

use crate::engine::Throttle;
use crate::noun::address::{Address, Subnet};
use crate::noun::billing::BillingItem;
use crate::noun::global_address::GlobalAddress;
use crate::noun::guest::Guest;
use crate::noun::hardware::Server;
use crate::noun::image::Image;
use crate::noun::location::Location;
use crate::noun::nic::Nic;
use crate::noun::order::{Item as OrderItem, Order};
use crate::noun::package::{Item, Package, Price};
use crate::noun::ssh_key::SshKey;
use crate::noun::storage::{AllowedHost, Volume};
use crate::noun::tag::Tag;
use crate::noun::user::User;
use crate::noun::vlan::Vlan;
use crate::world::{DedicatedHostSpec, Named, Phase, World};
use due::Due;
use jiff::Timestamp;
use simulator_kit::CallLog;
use simulator_kit::clock::{Clock, later};
use simulator_kit::fault::{FaultKind, Faults, When};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
    due: Due,
    /// The account itself.
    pub accounts: Table<crate::noun::account::Account>,
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
    pub(crate) throttle: Throttle,
    /// Faults to come.
    pub faults: Faults,
    /// What happens to what the call that is being answered begins.
    pub(crate) broken: Option<(FaultKind, When)>,
    /// The log of calls.
    pub calls: CallLog,
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
        self.due.push(at, event);
    }

    /// Does what has fallen due, in order.
    pub fn settle(&mut self) {
        let now = self.clock.now();
        while let Some((at, event)) = self.due.pop(now) {
            self.time = at.max(self.time);
            self.happen(event);
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

/// `2026-01-31T09:05:01+00:00`, as SoftLayer writes a time.
pub fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
