//! What the cloud holds: a typed table per noun.

pub mod account;
pub mod clock;
mod table;
mod zone;

pub use account::{Account, Caller, Role, User};
pub use table::{Entity, Table};
pub use zone::Zone;

use crate::engine::{CallLog, Jobs};
use crate::world::{Named, World};
use clock::Clock;
use jiff::Timestamp;
use std::sync::Arc;

/// A cloud: everything that it holds and everything that happens in it.
#[derive(Debug)]
pub struct Cloud {
    /// What it was made from: settings, latencies, limits.
    pub world: Arc<World>,
    /// The clock.
    pub clock: Clock,
    /// The time of what is being done, which while the past is caught up with is not now.
    pub(crate) time: Timestamp,
    ids: fastrand::Rng,
    /// The root domain; there is no other.
    pub domain: Named,
    /// Accounts, and those that stand for projects.
    pub accounts: Table<Account>,
    /// Zones.
    pub zones: Table<Zone>,
    /// Jobs.
    pub jobs: Jobs,
    /// The calls that were made.
    pub calls: CallLog,
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
            ids,
            domain: Named::default(),
            accounts: Table::default(),
            zones: Table::default(),
            jobs: Jobs::default(),
            calls: CallLog::default(),
            world,
        };
        let world = Arc::clone(&cloud.world);
        cloud.domain = world.domain.clone();
        cloud.add_accounts(&world);
        cloud.add_zones(&world);
        cloud
    }

    /// The time of what is being done.
    pub fn now(&self) -> Timestamp {
        self.time
    }

    /// A fresh id. With a seeded world they come in the same order each time.
    pub fn new_id(&mut self) -> String {
        let bytes = self.ids.u128(..).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// The id that the world gives, or a fresh one.
    pub fn id_or_new(&mut self, id: Option<&String>) -> String {
        id.cloned().unwrap_or_else(|| self.new_id())
    }
}
