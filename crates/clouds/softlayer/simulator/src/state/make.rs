//! An account as its world says.

use super::{Cloud, Due, Range, Table};
use crate::noun::account::Account;
use crate::noun::address::{Address, Subnet};
use crate::noun::global_address::GlobalAddress;
use crate::noun::image::Image;
use crate::noun::location::Location;
use crate::noun::user::User;
use crate::noun::vlan::Vlan;
use crate::world::{Named, VlanSpec, World};
use simulator_kit::clock::Clock;
use std::sync::Arc;

fn named(specs: &[Named]) -> Table<Named> {
    specs.iter().map(|it| (it.id, it.clone())).collect()
}

/// Where ids of what callers make begin; those of worlds are to be below.
const FIRST_ID: u64 = 100_000_000;

impl Cloud {
    /// Makes it.
    pub fn new(world: World, clock: Clock) -> Self {
        let world = Arc::new(world);
        let random = world.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        let now = clock.now();
        let location = |spec: &crate::world::DatacenterSpec| {
            (spec.id, Location { id: spec.id, spec: spec.clone() })
        };
        let mut cloud = Self {
            clock,
            time: now,
            random,
            next_id: FIRST_ID,
            due: Due::default(),
            accounts: Table::from([(world.account, Account { id: world.account })]),
            users: world
                .users
                .iter()
                .map(|spec| (spec.id, User { id: spec.id, spec: spec.clone() }))
                .collect(),
            locations: world.datacenters.iter().map(location).collect(),
            vlans: Table::new(),
            subnets: Table::new(),
            addresses: Table::new(),
            guests: Table::new(),
            nics: Table::new(),
            images: Table::new(),
            ssh_keys: Table::new(),
            tags: Table::new(),
            servers: Table::new(),
            volumes: Table::new(),
            allowed_hosts: Table::new(),
            orders: Table::new(),
            order_items: Table::new(),
            billing_items: Table::new(),
            packages: Table::new(),
            items: Table::new(),
            prices: Table::new(),
            global_addresses: world
                .global_addresses
                .iter()
                .map(|spec| (spec.id, GlobalAddress::of_world(spec)))
                .collect(),
            placement_groups: named(&world.placement_groups),
            dedicated_hosts: {
                world.dedicated_hosts.iter().map(|host| (host.id, host.clone())).collect()
            },
            security_groups: named(&world.security_groups),
            caller: 0,
            tokens: Vec::new(),
            throttle: Default::default(),
            faults: Default::default(),
            broken: None,
            calls: Default::default(),
            world: Arc::clone(&world),
        };
        for spec in &world.vlans {
            cloud.add_vlan(spec);
        }
        cloud.stock_packages();
        for spec in &world.images {
            let image = Image::of_world(spec, &cloud);
            cloud.images.insert(spec.id, image);
        }
        cloud
    }

    /// The data centre of that name.
    pub fn location_named(&self, name: &str) -> Option<u64> {
        self.locations.values().find(|it| it.spec.name == name).map(|it| it.id)
    }

    fn add_vlan(&mut self, spec: &VlanSpec) {
        // The world was checked: there is such a data centre, and ranges are ranges.
        let location = self.location_named(&spec.datacenter).unwrap_or_default();
        self.vlans.insert(spec.id, Vlan { id: spec.id, location, spec: spec.clone() });
        for subnet in &spec.subnets {
            let Some(range) = Range::parse(&subnet.cidr) else { continue };
            let portable = subnet.portable;
            self.subnets
                .insert(subnet.id, Subnet { id: subnet.id, vlan: spec.id, range, portable });
            for place in 0..range.size() {
                let id = subnet.id * 1024 + u64::from(place);
                let address = Address {
                    id,
                    subnet: subnet.id,
                    address: range.at(place),
                    note: None,
                    machine: None,
                };
                self.addresses.insert(id, address);
            }
        }
    }
}
