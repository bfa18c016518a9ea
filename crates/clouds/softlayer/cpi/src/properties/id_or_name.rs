//! Values that are written in more than one way: one or a list of them, a name or an id.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A name or an id.
pub(super) fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let mut names = list(deserializer)?;
    match names.len() {
        0 => Ok(None),
        1 => Ok(names.pop()),
        _ => Err(serde::de::Error::custom("expected one name or id, got several")),
    }
}

/// Names or ids: one, or a list of them. Empty ones are left out.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let mut names = Vec::new();
    for value in items(Value::deserialize(deserializer)?) {
        match value {
            Value::String(text) if text.trim().is_empty() => {}
            Value::String(text) => names.push(text.trim().to_owned()),
            Value::Number(number) => names.push(number.to_string()),
            _ => return Err(serde::de::Error::custom("expected a name or an id")),
        }
    }
    Ok(names)
}

/// Ids: one, or a list of them, or of hashes with an `id`, as older releases had it.
pub(super) fn ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    let mut ids = Vec::new();
    for value in items(Value::deserialize(deserializer)?) {
        let value = match value {
            Value::Object(mut map) => map.remove("id").unwrap_or_default(),
            other => other,
        };
        let id = match &value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        match id {
            // The Go release's way to say "none".
            Some(0) => {}
            Some(id) => ids.push(id),
            None => return Err(serde::de::Error::custom("expected an id, a number")),
        }
    }
    Ok(ids)
}

fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list,
        one => vec![one],
    }
}
