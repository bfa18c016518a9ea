//! `SoftLayer_Product_Package`: the catalogue of what can be ordered.

use super::common::Id;
use crate::field::object;

object! {
    /// Lists the packages.
    pub struct GetAllObjects {}
}

object! {
    /// Lists the items of a package with their prices.
    pub struct GetItems {
        /// The package.
        pub id: u64,
    }
}

object! {
    /// Lists the presets of a package that can be ordered.
    pub struct GetActivePresets {
        /// The package.
        pub id: u64,
    }
}

object! {
    /// A package: a part of the catalogue.
    pub struct ProductPackage {
        /// Its id.
        pub id: u64,
        /// Its name for programs: `BARE_METAL_SERVER`.
        pub key_name: Option<String>,
        /// Its name for people.
        pub name: Option<String>,
        /// Whether it can be ordered.
        pub is_active: Option<bool>,
    }
}

object! {
    /// A thing that can be ordered.
    pub struct ProductItem {
        /// Its id.
        pub id: u64,
        /// Its name for programs: `GUEST_DISK_300_GB_LOCAL`.
        pub key_name: Option<String>,
        /// Its name for people.
        pub description: Option<String>,
        /// How much: in GB, Mbit/s …
        pub capacity: Option<f64>,
        /// The least of a range.
        pub capacity_minimum: Option<u64>,
        /// The most of a range.
        pub capacity_maximum: Option<u64>,
        /// What `capacity` counts.
        pub units: Option<String>,
        /// What it stands for.
        pub item_category: Option<ItemCategory>,
        /// What it costs, here and there.
        pub prices: Vec<ItemPrice>,
    }
}

object! {
    /// What an item stands for.
    pub struct ItemCategory {
        /// Its id.
        pub id: Option<u64>,
        /// `performance_storage_space`, `guest_disk1` …
        pub category_code: String,
    }
}

object! {
    /// What an item costs.
    pub struct ItemPrice {
        /// Its id, by which it is ordered.
        pub id: u64,
        /// Where; everywhere if None.
        pub location_group_id: Option<u64>,
        /// What limits it: `STORAGE_SPACE`, `IOPS`, `STORAGE_TIER_LEVEL`.
        pub capacity_restriction_type: Option<String>,
        /// The least of that.
        pub capacity_restriction_minimum: Option<u64>,
        /// The most of that.
        pub capacity_restriction_maximum: Option<u64>,
        /// A month.
        pub recurring_fee: Option<f64>,
        /// An hour.
        pub hourly_recurring_fee: Option<f64>,
        /// What it stands for.
        pub categories: Vec<ItemCategory>,
    }
}

object! {
    /// A server that can be ordered as it is.
    pub struct PackagePreset {
        /// Its id.
        pub id: u64,
        /// Its name for programs: `S1270_32GB_2X1TBSATA_NORAID`.
        pub key_name: Option<String>,
        /// Its name for people.
        pub description: Option<String>,
        /// Whether it can be ordered.
        pub is_active: Option<String>,
        /// The prices that belong to it.
        pub prices: Vec<Id>,
    }
}
