//! `SoftLayer_Product_Package`: what can be bought.

use crate::engine::{Answer, Service};
use crate::object_ref::ObjectRef;
use crate::services::catalogue::builder::Builder;
use crate::state::Cloud;

mod builder;
mod guests;
mod hardware;
mod performance;
mod storage;
mod view;

pub use hardware::NEEDED;
pub use view::{read, read_item, read_price};

pub static SERVICE: Service = Service {
    name: "SoftLayer_Product_Package",
    find: Some(|cloud, id| cloud.packages.contains_key(&id).then_some(ObjectRef::Package(id))),
    own: None,
    methods: &[("getAllObjects", |cloud, _| Ok(all(cloud)))],
};

fn all(cloud: &Cloud) -> Answer {
    Answer::Many(
        "SoftLayer_Product_Package",
        cloud.packages.keys().map(|id| ObjectRef::Package(*id)).collect(),
    )
}

impl Cloud {
    /// Fills the shelves.
    pub(crate) fn stock_packages(&mut self) {
        let mut packages = Builder::default();
        guests::fill(&mut packages);
        hardware::fill(&mut packages);
        performance::fill(&mut packages);
        storage::fill(&mut packages);
        self.packages = packages.packages;
        self.items = packages.items;
        self.prices = packages.prices;
    }
}
