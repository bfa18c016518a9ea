//! Properties that are taken but do nothing, and properties that must wait.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A property of an older CPI that has no meaning here. Whatever it holds is dropped at once,
/// since it may be a secret (`private_key`, `registry`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ignored;

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // `IgnoredAny` is what an unknown property is read as, and would be warned about.
        Value::deserialize(deserializer).map(|_| Ignored)
    }
}

impl Serialize for Ignored {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

/// A property that asks for something which comes with a later release. It is read only to be
/// refused: to ignore it would give the operator less than asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unsupported(bool);

impl Unsupported {
    /// Whether it asks for anything: null, "", [] and {} do not.
    pub fn asked(self) -> bool {
        self.0
    }
}

impl<'de> Deserialize<'de> for Unsupported {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Unsupported(match Value::deserialize(deserializer)? {
            Value::Null | Value::Bool(false) => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(list) => !list.is_empty(),
            Value::Object(map) => !map.is_empty(),
            Value::Bool(true) | Value::Number(_) => true,
        }))
    }
}

impl Serialize for Unsupported {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}
