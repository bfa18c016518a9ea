//! Builds packages: ids come in order, so that they are the same each time.

use crate::state::Table;
use crate::state::catalogue::{Item, Package, Price, PriceBilling, Restriction};

/// Packages, items and prices.
#[derive(Debug, Clone, Default)]
pub struct Builder {
    /// Packages.
    pub packages: Table<Package>,
    /// Items.
    pub items: Table<Item>,
    /// Prices.
    pub prices: Table<Price>,
}

/// Where ids begin. Prices are elsewhere than items: one taken for the other is found.
const ITEMS: u64 = 30_000;
const PRICES: u64 = 300_000;

impl Builder {
    /// Opens a package.
    pub fn package(
        &mut self,
        id: u64,
        key_name: &'static str,
        name: &'static str,
        type_name: &'static str,
    ) {
        let package = Package { id, key_name, name, type_name, items: Vec::new() };
        self.packages.insert(id, package);
    }

    /// Adds an item to a package, with its prices: the category that each is for, and what it
    /// depends on.
    pub fn add(
        &mut self,
        package: u64,
        mut item: Item,
        prices: &[(&str, Option<Restriction>)],
    ) -> u64 {
        item.id = ITEMS + 2 * self.items.len() as u64;
        for (category, restriction) in prices {
            let id = self.price(package, item.id, category, *restriction, None);
            item.prices.push(id);
        }
        let id = item.id;
        self.items.insert(id, item);
        if let Some(package) = self.packages.get_mut(&package) {
            package.items.push(id);
        }
        id
    }

    /// Adds a price that is good in some places only.
    pub fn add_local_price(&mut self, package: u64, item: u64, category: &str, group: u64) {
        let id = self.price(package, item, category, None, Some(group));
        if let Some(item) = self.items.get_mut(&item) {
            item.prices.push(id);
        }
    }

    /// Lets an item be paid for in one way only.
    pub fn bill_only(&mut self, item: u64, billing: PriceBilling) {
        for price in self.prices.values_mut().filter(|price| price.item == item) {
            price.billing = billing;
        }
    }

    fn price(
        &mut self,
        package: u64,
        item: u64,
        category: &str,
        restriction: Option<Restriction>,
        location_group: Option<u64>,
    ) -> u64 {
        let id = PRICES + 3 * self.prices.len() as u64;
        let category = category.to_owned();
        let billing = PriceBilling::Any;
        let price = Price { id, item, package, category, billing, restriction, location_group };
        self.prices.insert(id, price);
        id
    }
}
