//! `SoftLayer_Product_Package`: what can be bought.

mod guests;
mod hardware;
mod performance;
mod stock;
mod storage;
mod view;

pub use hardware::NEEDED;
pub use stock::Stock;
pub use view::{ITEM, KIND, PRICE, read, read_item, read_price};

use super::Service;
use crate::engine::Answer;
use crate::state::Cloud;
use crate::thing::Thing;

/// The package of virtual guests' upgrades.
pub const GUESTS: u64 = 46;
/// The package of virtual guests by flavor.
pub const FLAVORS: u64 = 835;
/// The package of hardware servers.
pub const HARDWARE: u64 = 200;
/// The package of volumes of before.
pub const PERFORMANCE: u64 = 222;
/// The package of storage as a service.
pub const STAAS: u64 = 759;

/// A package.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its id.
    pub id: u64,
    /// `STORAGE_AS_A_SERVICE_STAAS` …
    pub key_name: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is of: `VIRTUAL_SERVER_INSTANCE` …
    pub type_name: &'static str,
    /// Its items.
    pub items: Vec<u64>,
}

/// An item of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: u64,
    /// `20_39_GBS` …
    pub key_name: String,
    /// For people.
    pub description: String,
    /// How much; 0 for what has a range.
    pub capacity: String,
    /// From and to, for what has a range.
    pub from_to: Option<(u64, u64)>,
    /// `GB` …
    pub units: &'static str,
    /// `performance_storage_space` …
    pub category: &'static str,
    /// Its attributes' values.
    pub attributes: Vec<String>,
    /// Its prices.
    pub prices: Vec<u64>,
}

/// What a price depends on: `STORAGE_SPACE`, `IOPS`, `STORAGE_TIER_LEVEL`; from and to.
pub type Restriction = (&'static str, u64, u64);

/// A price of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Its id.
    pub id: u64,
    /// Of what.
    pub item: u64,
    /// In which package.
    pub package: u64,
    /// As what: an item may be sold as several things.
    pub category: String,
    /// On what else it depends.
    pub restriction: Option<Restriction>,
    /// The places for which alone it is.
    pub location_group: Option<u64>,
}

pub static SERVICE: Service = Service {
    name: "SoftLayer_Product_Package",
    kind: &KIND,
    find: Some(|cloud, id| cloud.packages.contains_key(&id).then_some(Thing::Package(id))),
    own: None,
    methods: &[("getAllObjects", |cloud, _| Ok(all(cloud)))],
};

fn all(cloud: &Cloud) -> Answer {
    Answer::Many(&KIND, cloud.packages.keys().map(|id| Thing::Package(*id)).collect())
}

impl Item {
    /// From and to; what has a capacity is exactly that.
    pub fn range(&self) -> Option<(u64, u64)> {
        self.from_to.or_else(|| self.capacity.parse().ok().map(|n| (n, n)))
    }
}

impl Price {
    /// Whether it is good for that much of what it depends on.
    pub fn restricts_to(&self, kind: &str, number: u64) -> bool {
        match self.restriction {
            None => true,
            Some((known, from, to)) => known == kind && (from..=to).contains(&number),
        }
    }
}

impl Cloud {
    /// Fills the shelves.
    pub(crate) fn stock_packages(&mut self) {
        let mut stock = Stock::default();
        guests::fill(&mut stock);
        hardware::fill(&mut stock);
        performance::fill(&mut stock);
        storage::fill(&mut stock);
        self.packages = stock.packages;
        self.items = stock.items;
        self.prices = stock.prices;
    }
}
