//! What the cloud holds: a typed table per resource.

pub mod account;
pub mod address;
mod affinity;
mod catalog;
pub mod clock;
mod domain;
mod guest_disks;
mod host;
mod key_pair;
pub mod limit;
mod network;
mod network_offering;
mod population;
mod project;
mod routing;
pub mod rule;
mod scope;
pub mod security_group;
mod table;
mod tag;
mod upload;
mod vm;
mod volume;
pub mod vpc;
mod zone;

pub use account::{Account, Caller, Role, User};
pub use affinity::AffinityGroup;
pub use catalog::{CopyState, DiskOffering, OsType, ServiceOffering, Template, TemplateCopy, X86};
pub use domain::Domain;
pub use guest_disks::GuestDisks;
pub use host::Host;
pub use key_pair::KeyPair;
pub use network::{Network, Range};
pub use network_offering::NetworkOffering;
pub use project::{NewProject, Project};
pub use routing::Routing;
pub use scope::Scope;
pub use security_group::SecurityGroup;
pub use table::{Entity, Table};
pub use tag::Tag;
pub use upload::{Storage, Upload};
pub use vm::{Nic, SecondaryAddress, Size, Vm, VmState};
pub use volume::{Attachment, Pool, Snapshot, SnapshotState, Volume, VolumeKind, VolumeState};
pub use zone::Zone;

use crate::engine::fault::{BrokenJob, Faults};
use crate::engine::{CallLog, Jobs, Throttle};
use crate::world::{Named, World};
use clock::Clock;
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use volume::VolumesByVm;

/// A cloud: everything that it holds and everything that happens in it.
#[derive(Debug)]
pub struct Cloud {
    /// What it was made from: settings, latencies, limits.
    pub world: Arc<World>,
    /// The clock.
    pub clock: Clock,
    /// The time of what is being done, which while the past is caught up with is not now.
    pub(crate) time: Timestamp,
    /// When the cloud was made.
    pub since: Timestamp,
    ids: fastrand::Rng,
    /// The root domain.
    pub domain: Named,
    /// Every domain, the root first.
    pub domains: Table<Domain>,
    /// Accounts, and those that stand for projects.
    pub accounts: Table<Account>,
    /// Zones.
    pub zones: Table<Zone>,
    /// Hosts.
    pub hosts: Table<Host>,
    /// OS types.
    pub os_types: Table<OsType>,
    /// Service offerings.
    pub service_offerings: Table<ServiceOffering>,
    /// Disk offerings.
    pub disk_offerings: Table<DiskOffering>,
    /// Templates.
    pub templates: Table<Template>,
    /// Uploads that are waited for, by template.
    pub uploads: Table<Upload>,
    /// Secondary storage.
    pub storage: Storage,
    /// Guest networks.
    pub networks: Table<Network>,
    /// VMs.
    pub vms: Table<Vm>,
    /// Volumes.
    pub volumes: Table<Volume>,
    /// Which of them each VM has.
    volumes_by_vm: RefCell<VolumesByVm>,
    /// The disks of a VM that a program outside stands for.
    pub guest_disks: GuestDisks,
    /// Snapshots.
    pub snapshots: Table<Snapshot>,
    /// Affinity groups.
    pub affinity_groups: Table<AffinityGroup>,
    /// Security groups.
    pub security_groups: Table<SecurityGroup>,
    /// SSH key pairs.
    pub key_pairs: Table<KeyPair>,
    /// Projects.
    pub projects: Table<Project>,
    /// What lies around the networks: addresses, rules, VPCs.
    pub routing: Routing,
    /// Tags, the oldest first.
    pub tags: Vec<Tag>,
    /// Jobs.
    pub jobs: Jobs,
    /// Faults to come.
    pub faults: Faults,
    /// The id of the management server.
    pub management_server: String,
    /// What happens to the job of the call that is being answered.
    pub(crate) broken_job: BrokenJob,
    /// The calls that were made.
    pub calls: CallLog,
    /// How often accounts have called lately.
    pub throttle: Throttle,
}

impl Cloud {
    /// A fresh cloud as `world` describes it.
    pub fn new(world: World, clock: Clock) -> Self {
        let time = clock.now();
        let ids = world.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        let world = Arc::new(world);
        let mut cloud = Self {
            clock,
            time,
            since: time,
            ids,
            domain: Named::default(),
            domains: Table::default(),
            accounts: Table::default(),
            zones: Table::default(),
            hosts: Table::default(),
            os_types: Table::default(),
            service_offerings: Table::default(),
            disk_offerings: Table::default(),
            templates: Table::default(),
            uploads: Table::default(),
            storage: Storage::default(),
            networks: Table::default(),
            vms: Table::default(),
            volumes: Table::default(),
            volumes_by_vm: RefCell::default(),
            guest_disks: GuestDisks::default(),
            snapshots: Table::default(),
            affinity_groups: Table::default(),
            security_groups: Table::default(),
            key_pairs: Table::default(),
            projects: Table::default(),
            routing: Routing::default(),
            tags: Vec::new(),
            jobs: Jobs::default(),
            faults: Faults::default(),
            management_server: String::new(),
            broken_job: BrokenJob::default(),
            calls: CallLog::default(),
            throttle: Throttle::default(),
            world,
        };
        let world = Arc::clone(&cloud.world);
        cloud.domain = world.domain.clone();
        cloud.management_server = cloud.new_id();
        cloud.add_domains(&world);
        cloud.add_accounts(&world);
        cloud.add_projects(&world);
        cloud.add_zones(&world);
        cloud.add_hosts(&world);
        cloud.add_catalog(&world);
        cloud.add_physical_networks();
        cloud.add_network_offerings(&world);
        cloud.add_networks(&world);
        cloud.add_public_ranges(&world);
        cloud.add_vpc_basics();
        cloud.add_key_pairs(&world);
        cloud.add_population(&world);
        cloud
    }

    /// The time of what is being done.
    pub fn now(&self) -> Timestamp {
        self.time
    }

    /// The id of everything that lists show.
    pub fn all_ids(&self) -> BTreeSet<String> {
        fn of<T: Entity>(table: &Table<T>) -> impl Iterator<Item = String> {
            table.iter().map(|row| row.id().to_owned())
        }
        let Routing { offerings, addresses, firewall, forwardings, balancers, .. } = &self.routing;
        let Routing { vpc_offerings, vpcs, acl_lists, acl_rules, .. } = &self.routing;
        of(&self.accounts)
            .chain(of(&self.zones))
            .chain(of(&self.hosts))
            .chain(of(&self.os_types))
            .chain(of(&self.service_offerings))
            .chain(of(&self.disk_offerings))
            .chain(of(&self.templates))
            .chain(of(&self.networks))
            .chain(of(&self.vms))
            .chain(of(&self.volumes))
            .chain(of(&self.snapshots))
            .chain(of(&self.affinity_groups))
            .chain(of(&self.security_groups))
            .chain(of(&self.key_pairs))
            .chain(of(&self.projects))
            .chain(of(offerings))
            .chain(of(addresses))
            .chain(of(firewall))
            .chain(of(forwardings))
            .chain(of(balancers))
            .chain(of(vpc_offerings))
            .chain(of(vpcs))
            .chain(of(acl_lists))
            .chain(of(acl_rules))
            .chain([self.domain.id.clone()])
            .collect()
    }

    /// A fresh id. With a seeded world they come in the same order each time.
    pub fn new_id(&mut self) -> String {
        let bytes = self.ids.u128(..).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// One of these, by chance.
    pub fn choose<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        self.ids.choice(from).cloned()
    }

    /// So many random bytes.
    pub fn random_bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.ids.u8(..)).collect()
    }

    /// The id that the world gives, or a fresh one.
    pub fn id_or_new(&mut self, id: Option<&String>) -> String {
        id.cloned().unwrap_or_else(|| self.new_id())
    }
}
