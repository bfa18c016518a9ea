//! Variables: where their values come from, and their placeholders `((name))`.

mod definition;
mod given;
mod interpolation;
mod placeholder;

pub use definition::{Definition, DefinitionsError, definitions};
pub use given::{Given, GivenError, Values, parse_assignment, parse_file_assignment};
pub use interpolation::{Checks, InterpolationError, interpolate};

use crate::value::{Key, Map, Value};
use thiserror::Error;

/// Where generated values are kept between runs.
pub trait Store {
    /// All values.
    fn values(&self) -> &Map;

    /// Adds a value, and keeps it at once.
    fn insert(&mut self, name: &str, value: Value) -> Result<(), StoreError>;
}

/// A store that cannot be written: says which, and why.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// Where variables get their values.
pub struct Variables<'a> {
    /// What was given.
    pub values: Values,
    /// What was generated before, and is generated now.
    pub store: Option<&'a mut dyn Store>,
}

impl Variables<'_> {
    /// Variables that were given, and no others.
    pub fn given(values: Values) -> Variables<'static> {
        Variables { values, store: None }
    }

    fn stored(&self, name: &str) -> Option<&Value> {
        self.store.as_ref()?.values().get(&Key::from(name))
    }
}
