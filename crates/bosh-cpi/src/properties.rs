//! Decoding of properties, with the path of a culprit in every error.

use crate::{CpiError, Result};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A decoded value, and the paths of what was there but means nothing to us.
#[derive(Debug)]
pub struct Decoded<T> {
    /// The value.
    pub value: T,
    /// Full paths of unknown properties, such as `arguments[2].compute_offring`.
    pub unknown: Vec<String>,
}

/// Decodes `value`, which stands at `path` of the request or the config.
pub fn decode<T: DeserializeOwned>(value: Value, path: &str) -> Result<Decoded<T>> {
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(value, &mut track);
    let result = serde_ignored::deserialize(tracked, |at| unknown.push(join(path, &at.to_string())));
    match result {
        Ok(value) => Ok(Decoded { value, unknown }),
        Err(e) => Err(CpiError::cpi(format!("{}: {e}", join(path, &track.path().to_string())))),
    }
}

fn join(path: &str, rest: &str) -> String {
    match rest {
        "" | "." => path.to_owned(),
        _ if path.is_empty() => rest.to_owned(),
        _ => format!("{path}.{rest}"),
    }
}

impl<T> Decoded<T> {
    /// Takes the value; an unknown property is a warning in the log, or an error if `strict`.
    pub fn accept(self, strict: bool) -> Result<T> {
        if strict && !self.unknown.is_empty() {
            let paths = self.unknown.join(", ");
            return Err(CpiError::cpi(format!("unknown property (strict is on): {paths}")));
        }
        for path in &self.unknown {
            tracing::warn!(path, "unknown property {path} is ignored");
        }
        Ok(self.value)
    }
}

/// A `cloud_properties` hash that remembers where it stood, for the provider to decode into
/// its own type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CloudProperties {
    path: String,
    map: Map<String, Value>,
}

impl CloudProperties {
    /// The hash found at `path`.
    pub fn new(path: impl Into<String>, map: Map<String, Value>) -> Self {
        Self { path: path.into(), map }
    }

    /// Where it stood: `arguments[2]`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The raw properties.
    pub fn raw(&self) -> &Map<String, Value> {
        &self.map
    }

    /// Decodes into the provider's type. A wrong type is an error that names its path.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<Decoded<T>> {
        decode(Value::Object(self.map.clone()), &self.path)
    }
}
