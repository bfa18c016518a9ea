//! A service: its type, and methods that do more than read a property.

use super::{Call, Exception};
use crate::object_ref::{Node, ObjectRef};
use crate::state::Cloud;
use crate::types::Leads;
use serde_json::Value;

/// What a method answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A value as it is: `true`, or a container.
    Value(Value),
    /// An object.
    One(ObjectRef),
    /// A list of objects of a type. Filters of it stand alone.
    Many(&'static str, Vec<ObjectRef>),
    /// What a relation leads to.
    Relation(Node, Leads, &'static str),
}

impl From<bool> for Answer {
    fn from(value: bool) -> Self {
        Self::Value(Value::Bool(value))
    }
}

/// A method: what it does, and what it answers.
pub type Handler = fn(&mut Cloud, &Call) -> Result<Answer, Exception>;

/// A service: the type whose relations it reads, and methods that do more than that.
#[derive(Debug)]
pub struct Service {
    /// `SoftLayer_Virtual_Guest`: its name, and that of its type.
    pub name: &'static str,
    /// The object of an id, if the caller may see it.
    pub find: Option<fn(&Cloud, u64) -> Option<ObjectRef>>,
    /// The object that is meant without an id.
    pub own: Option<fn(&Cloud) -> ObjectRef>,
    /// Methods by name.
    pub methods: &'static [(&'static str, Handler)],
}
