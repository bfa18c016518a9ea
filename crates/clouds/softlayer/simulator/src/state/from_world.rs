//! An account as its world says.

use super::account::{Account, Location, User};
use super::events::EventQueue;
use super::image::{Copy, Image};
use super::network::{Address, GlobalAddress, Subnet, Vlan};
use super::{Behaviour, Cloud, Table};
use crate::world::{DatacenterSpec, GlobalAddressSpec, ImageSpec, Named, VlanSpec, World};
use ipnet::Ipv4Net;
use simulator_kit::clock::Clock;
use std::sync::Arc;

fn named(specs: &[Named]) -> Table<Named> {
    specs.iter().map(|it| (it.id, it.clone())).collect()
}

fn global_address(spec: &GlobalAddressSpec) -> GlobalAddress {
    GlobalAddress { id: spec.id, spec: spec.clone(), destination: None, transaction: None }
}

/// Where ids of what callers make begin; those of worlds are to be below.
const FIRST_ID: u64 = 100_000_000;

impl Cloud {
    /// Makes it.
    pub fn new(world: World, clock: Clock, behaviour: Behaviour) -> Self {
        let world = Arc::new(world);
        let random = world.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        let now = clock.now();
        let location =
            |spec: &DatacenterSpec| (spec.id, Location { id: spec.id, spec: spec.clone() });
        let mut cloud = Self {
            clock,
            time: now,
            random,
            next_id: FIRST_ID,
            events: EventQueue::default(),
            behaviour,
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
                .map(|spec| (spec.id, global_address(spec)))
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
        (behaviour.stock)(&mut cloud);
        for spec in &world.images {
            let image = cloud.image(spec);
            cloud.images.insert(spec.id, image);
        }
        cloud
    }

    /// The data centre of that name.
    pub fn location_named(&self, name: &str) -> Option<u64> {
        self.locations.values().find(|it| it.spec.name == name).map(|it| it.id)
    }

    fn image(&self, spec: &ImageSpec) -> Image {
        let named = |name: &String| self.location_named(name);
        let places = spec.datacenters.iter().filter_map(named).zip(1..);
        Image {
            id: spec.id,
            uuid: spec.uuid.clone(),
            name: spec.name.clone(),
            note: None,
            account: (!spec.public).then_some(self.world.account),
            created: self.now(),
            copies: places
                .map(|(location, n)| Copy { id: spec.id * 10 + n, location, bytes: spec.gib << 30 })
                .collect(),
            os_code: None,
            boot_mode: Some("HVM".to_owned()),
            tags: Vec::new(),
            transaction: None,
            made: false,
        }
    }

    fn add_vlan(&mut self, spec: &VlanSpec) {
        // The world was checked: there is such a data centre, and ranges are ranges.
        let location = self.location_named(&spec.datacenter).unwrap_or_default();
        self.vlans.insert(spec.id, Vlan { id: spec.id, location, spec: spec.clone() });
        for subnet in &spec.subnets {
            let Ok(range) = subnet.cidr.parse::<Ipv4Net>() else { continue };
            let portable = subnet.portable;
            let subnet = Subnet { id: subnet.id, vlan: spec.id, range, portable };
            for place in 0..subnet.size() {
                let id = subnet.id * 1024 + u64::from(place);
                let address = Address {
                    id,
                    subnet: subnet.id,
                    address: subnet.address_at(place),
                    note: None,
                    machine: None,
                };
                self.addresses.insert(id, address);
            }
            self.subnets.insert(subnet.id, subnet);
        }
    }
}
