//! What stands inside an answer's single top-level value.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// `{"count":N,"zone":[…]}`; `{}` where nothing matched.
#[derive(Debug, Clone, PartialEq)]
pub struct List<T> {
    /// How many match in all, on every page.
    pub count: u64,
    /// Those on this page.
    pub items: Vec<T>,
}

/// `{"virtualmachine":{…}}`: one object under a key of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<T>(pub T);

/// The answer of a call that started a job. `id` is there where the call makes something.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Started {
    /// What is being made.
    pub id: Option<String>,
    /// The job to wait for.
    pub jobid: String,
}

/// `{"success":true}`; releases before 4.x sent the text `"true"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Success(pub bool);

impl<'de, T: DeserializeOwned> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut map = Map::deserialize(deserializer)?;
        let count = map.remove("count").and_then(|count| count.as_u64());
        let items = match map.into_iter().find(|(_, value)| value.is_array()) {
            Some((_, items)) => {
                serde_json::from_value::<Vec<T>>(items).map_err(D::Error::custom)?
            }
            None => Vec::new(),
        };
        Ok(List { count: count.unwrap_or(items.len() as u64), items })
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = Map::<String, Value>::deserialize(deserializer)?;
        let (_, value) = map
            .into_iter()
            .find(|(_, value)| value.is_object())
            .ok_or_else(|| D::Error::custom("expected one object under a key of its own"))?;
        serde_json::from_value(value).map(Object).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Success {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = Map::<String, Value>::deserialize(deserializer)?;
        let success = map.get("success");
        Ok(Success(matches!(success, Some(Value::Bool(true))) || success == Some(&"true".into())))
    }
}
