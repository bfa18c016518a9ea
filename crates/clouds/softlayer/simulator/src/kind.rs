//! What SoftLayer's types have: which properties are an object's own, and which lead to others.
//! Masks and filters are checked against it.

/// A type.
#[derive(Debug)]
pub struct Kind {
    /// `SoftLayer_Virtual_Guest`.
    pub name: &'static str,
    /// Its own properties, which a call without a mask answers.
    pub locals: &'static [&'static str],
    /// Those that come only when a mask names them.
    pub relations: &'static [(&'static str, Leads)],
}

/// Where a relational property leads to.
#[derive(Debug, Clone, Copy)]
pub enum Leads {
    /// To a value: `primaryIpAddress`.
    Value,
    /// To an object, or none.
    One(&'static Kind),
    /// To a list of objects.
    Many(&'static Kind),
}

/// A property of a type.
#[derive(Debug, Clone, Copy)]
pub enum Property {
    /// One of its own.
    Local,
    /// One that leads elsewhere.
    Relation(Leads),
}

impl Kind {
    /// The property of that name.
    pub fn property(&'static self, name: &str) -> Option<Property> {
        if self.locals.contains(&name) {
            return Some(Property::Local);
        }
        self.relation(name).map(|(_, leads)| Property::Relation(leads))
    }

    /// The relational property of that name, and its name.
    pub fn relation(&'static self, name: &str) -> Option<(&'static str, Leads)> {
        self.relations.iter().find(|(known, _)| *known == name).copied()
    }

    /// Whether it is a bag of anything: what a method answers that is no object of the account.
    pub fn is_container(&self) -> bool {
        self.locals.is_empty() && self.relations.is_empty()
    }
}

/// What a method answers that is no object of the account, and so takes no mask.
pub static CONTAINER: Kind = Kind { name: "SoftLayer_Container", locals: &[], relations: &[] };
