//! Packages, their items, and prices.

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

/// What a price depends on: `STORAGE_SPACE`, `IOPS`, `STORAGE_TIER_LEVEL`; from and to.
pub type Restriction = (&'static str, u64, u64);

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

impl Item {
    /// From and to; what has a capacity is exactly that.
    pub fn range(&self) -> Option<(u64, u64)> {
        self.from_to.or_else(|| self.capacity.parse().ok().map(|n| (n, n)))
    }
}

/// How a price can be paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceBilling {
    /// By the hour or by the month.
    Any,
    /// By the hour only.
    Hourly,
    /// By the month only.
    Monthly,
}

impl PriceBilling {
    /// Whether it is good for an order that is billed so.
    pub fn allows(self, hourly: bool) -> bool {
        match self {
            Self::Any => true,
            Self::Hourly => hourly,
            Self::Monthly => !hourly,
        }
    }
}

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
    /// How it can be paid for.
    pub billing: PriceBilling,
    /// On what else it depends.
    pub restriction: Option<Restriction>,
    /// The places for which alone it is.
    pub location_group: Option<u64>,
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

impl Item {
    /// An item of a capacity.
    pub fn of(
        key_name: impl Into<String>,
        description: impl Into<String>,
        capacity: impl ToString,
        units: &'static str,
        category: &'static str,
    ) -> Self {
        Self {
            id: 0,
            key_name: key_name.into(),
            description: description.into(),
            capacity: capacity.to_string(),
            from_to: None,
            units,
            category,
            attributes: Vec::new(),
            prices: Vec::new(),
        }
    }

    /// With a range, which stands in its attributes too.
    pub fn between(mut self, from: u64, to: u64) -> Self {
        self.from_to = Some((from, to));
        self.attributes = vec![from.to_string(), to.to_string()];
        self
    }
}
