//! The prices of an order: one a category, from the package, for the place.

use crate::engine::{Exception, number};
use crate::state::Cloud;
use crate::state::catalogue::{Item, Price};
use serde_json::Value;

/// The prices of an order.
#[derive(Debug)]
pub struct Prices<'a> {
    chosen: Vec<(&'a Price, &'a Item)>,
}

impl<'a> Prices<'a> {
    /// Reads them.
    pub fn read(cloud: &'a Cloud, raw: &Value, package: u64) -> Result<Self, Exception> {
        let wanted = number(&raw["packageId"]);
        // An upgrade's package follows from what is upgraded.
        let of_upgrade = raw["complexType"].as_str().is_some_and(|it| it.ends_with("_Upgrade"));
        if wanted != Some(package) && !(of_upgrade && wanted.is_none()) {
            return Err(Exception::public(format!(
                "The package {} does not fit this order.",
                wanted.unwrap_or_default()
            )));
        }
        let mut chosen: Vec<(&Price, &Item)> = Vec::new();
        for row in raw["prices"].as_array().into_iter().flatten() {
            let id = number(&row["id"]).unwrap_or_default();
            let price = cloud.prices.get(&id).filter(|price| price.package == package);
            let price = price.ok_or_else(|| {
                Exception::public(format!("Price # {id} does not exist in package {package}."))
            })?;
            if price.location_group.is_some() {
                return Err(Exception::public(format!(
                    "Price # {id} is not valid for the location of this order."
                )));
            }
            if chosen.iter().any(|(known, _)| known.category == price.category) {
                return Err(Exception::public(format!(
                    "Only one price of category {} can be ordered.",
                    price.category
                )));
            }
            let item = cloud.items.get(&price.item).ok_or_else(|| Exception::not_found(id))?;
            chosen.push((price, item));
        }
        if chosen.is_empty() {
            return Err(Exception::public("The order has no prices."));
        }
        Ok(Self { chosen })
    }

    /// The price of a category, if there is one.
    pub fn of(&self, category: &str) -> Option<(&'a Price, &'a Item)> {
        self.chosen.iter().find(|(price, _)| price.category == category).copied()
    }

    /// The price of a category, without which there is no order.
    pub fn needed(&self, category: &str) -> Result<(&'a Price, &'a Item), Exception> {
        self.of(category)
            .ok_or_else(|| Exception::public(format!("The order has no price of {category}.")))
    }

    /// Every price.
    pub fn all(&self) -> impl Iterator<Item = (&'a Price, &'a Item)> {
        self.chosen.iter().copied()
    }
}
