//! SoftLayer's types: which properties they have, and where those lead. Masks and filters are
//! checked against them, as the service does.
//!
//! The facts are SoftLayer's own, reduced to the types that this simulator knows; `cargo xtask
//! softlayer-types` makes them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

const FACTS: &str = include_str!("facts.txt");

/// Properties that lead elsewhere, and yet are answered without being named (as recorded, and as
/// clients rely on).
const ANSWERED_BY_DEFAULT: &[(&str, &[&str])] = &[
    ("SoftLayer_Product_Item", &["capacityMaximum", "capacityMinimum", "itemCategory"]),
    (
        "SoftLayer_Product_Item_Price",
        &["capacityRestrictionMaximum", "capacityRestrictionMinimum", "capacityRestrictionType"],
    ),
];

/// Properties that no declaration knows, and yet the service's own clients filter by them.
const UNDECLARED: &[(&str, &str)] = &[("SoftLayer_Product_Package", "statusCode")];

/// A type.
#[derive(Debug, Default)]
pub struct Type {
    /// `SoftLayer_Virtual_Guest`.
    pub name: &'static str,
    base: Option<&'static str>,
    properties: BTreeMap<&'static str, Property>,
    returns: BTreeMap<&'static str, Leads>,
}

/// A property of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Property {
    /// One of its own, which a call without a mask answers.
    Local,
    /// One that comes only when a mask names it.
    Relation(Leads),
}

/// Where a property leads to, or what a method returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leads {
    /// To a value: `primaryIpAddress`.
    Value,
    /// To an object of this type, or none.
    One(&'static str),
    /// To a list of objects of this type.
    Many(&'static str),
    /// To something of which nothing is known here.
    Unknown,
}

impl Leads {
    /// The type of the objects that it leads to.
    pub fn target(self) -> Option<&'static Type> {
        match self {
            Self::One(name) | Self::Many(name) => find(name),
            Self::Value | Self::Unknown => None,
        }
    }
}

/// The type of that name.
pub fn find(name: &str) -> Option<&'static Type> {
    static TYPES: OnceLock<BTreeMap<&'static str, Type>> = OnceLock::new();
    TYPES.get_or_init(|| read(FACTS)).get(name)
}

impl Type {
    /// The property of that name, its own or its base's, and the name.
    pub fn property(&self, name: &str) -> Option<(&'static str, Property)> {
        let own = self.properties.get_key_value(name).map(|(name, it)| (*name, *it));
        let undeclared = || {
            let known = UNDECLARED.iter().find(|(kind, it)| *kind == self.name && *it == name);
            known.map(|(_, name)| (*name, Property::Local))
        };
        own.or_else(|| self.base()?.property(name)).or_else(undeclared)
    }

    /// The relational property of that name, and the name.
    pub fn relation(&self, name: &str) -> Option<(&'static str, Leads)> {
        match self.property(name)? {
            (name, Property::Relation(leads)) => Some((name, leads)),
            (_, Property::Local) => None,
        }
    }

    /// What is answered of it without a mask.
    pub fn answered_by_default(&self) -> Vec<&'static str> {
        let mut names = self.base().map(Type::answered_by_default).unwrap_or_default();
        let local = |(name, property): (&&'static str, &Property)| {
            (*property == Property::Local).then_some(*name)
        };
        names.extend(self.properties.iter().filter_map(local));
        let more = ANSWERED_BY_DEFAULT.iter().find(|(name, _)| *name == self.name);
        names.extend(more.into_iter().flat_map(|(_, more)| more.iter()));
        names
    }

    /// Whether it is that type, or one made of it.
    pub fn is_a(&self, name: &str) -> bool {
        self.name == name || self.base().is_some_and(|base| base.is_a(name))
    }

    /// What a method of its service returns, beside those that read a property.
    pub fn returns(&self, method: &str) -> Option<Leads> {
        self.returns.get(method).copied().or_else(|| self.base()?.returns(method))
    }

    fn base(&self) -> Option<&'static Type> {
        self.base.and_then(find)
    }
}

fn read(facts: &'static str) -> BTreeMap<&'static str, Type> {
    let mut types: BTreeMap<&'static str, Type> = BTreeMap::new();
    let mut open = Type::default();
    for line in facts.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let kind = words.next().unwrap_or_default();
        if kind == "type" {
            let (name, base) = (words.next().unwrap_or_default(), words.next());
            let next = Type { name, base, ..Type::default() };
            let done = std::mem::replace(&mut open, next);
            types.insert(done.name, done);
            continue;
        }
        for word in words {
            let (name, target) = word.split_once('=').unwrap_or((word, ""));
            let property = match kind {
                "local" => Property::Local,
                "value" => Property::Relation(Leads::Value),
                "one" => Property::Relation(Leads::One(target)),
                "many" => Property::Relation(Leads::Many(target)),
                "method" => {
                    let leads = match target.strip_prefix('*') {
                        Some(list) => Leads::Many(list),
                        None => Leads::One(target),
                    };
                    open.returns.insert(name, leads);
                    continue;
                }
                _ => Property::Relation(Leads::Unknown),
            };
            open.properties.insert(name, property);
        }
    }
    types.insert(open.name, open);
    types
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by a foreign client's types: a server has transactions, hardware in general has none.
    #[test]
    fn properties_of_a_sub_type_are_not_those_of_its_base() {
        let (hardware, server) =
            (find("SoftLayer_Hardware").unwrap(), find("SoftLayer_Hardware_Server").unwrap());
        assert!(hardware.property("activeTransaction").is_none());
        assert!(server.property("activeTransaction").is_some());
        assert!(server.property("hostname").is_some() && server.is_a("SoftLayer_Hardware"));
        let account = find("SoftLayer_Account").unwrap();
        let (_, leads) = account.relation("hardware").unwrap();
        assert_eq!(leads, Leads::Many("SoftLayer_Hardware"));
        let attributes = server.returns("setUserMetadata");
        assert_eq!(attributes, Some(Leads::Many("SoftLayer_Hardware_Attribute")));
    }
}
