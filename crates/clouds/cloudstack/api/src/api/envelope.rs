//! What stands inside an answer's single top-level value.

use serde::de::{DeserializeOwned, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

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

/// The rows are read as they come, since a page may be megabytes.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = List<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list with its count")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<List<T>, A::Error> {
                let (mut count, mut items) = (None, None);
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    match &*key {
                        "count" => count = map.next_value::<Value>()?.as_u64(),
                        _ => items = map.next_value::<Rows<T>>()?.0.or(items),
                    }
                }
                let items: Vec<T> = items.unwrap_or_default();
                Ok(List { count: count.unwrap_or(items.len() as u64), items })
            }
        }
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// The rows under whatever key; None for a value that is no array.
struct Rows<T>(Option<Vec<T>>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Rows<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
            type Value = Rows<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("rows")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Rows<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Rows(Some(items)))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rows<T>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Rows(None))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Rows<T>, E> {
                Ok(Rows(None))
            }
            fn visit_i64<E>(self, _: i64) -> Result<Rows<T>, E> {
                Ok(Rows(None))
            }
            fn visit_u64<E>(self, _: u64) -> Result<Rows<T>, E> {
                Ok(Rows(None))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Rows<T>, E> {
                Ok(Rows(None))
            }
            fn visit_str<E>(self, _: &str) -> Result<Rows<T>, E> {
                Ok(Rows(None))
            }
            fn visit_unit<E>(self) -> Result<Rows<T>, E> {
                Ok(Rows(None))
            }
        }
        deserializer.deserialize_any(Items(PhantomData))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn list(body: &str) -> List<u64> {
        serde_json::from_str(body).unwrap()
    }

    /// The key of the rows is nobody's business; what else stands there is no rows.
    #[test]
    fn rows_are_found_under_any_key() {
        let rows = |count, items: &[u64]| List { count, items: items.into() };
        assert_eq!(list("{}"), rows(0, &[]));
        assert_eq!(list(r#"{"count":9}"#), rows(9, &[]));
        assert_eq!(list(r#"{"count":9,"vm":[1,2]}"#), rows(9, &[1, 2]));
        assert_eq!(list(r#"{"x\u0041":[3]}"#), rows(1, &[3]));
        let other = r#"{"a":1,"b":-1,"c":1.5,"d":"t","e":null,"f":true,"g":{"h":[7]},"i":[8]}"#;
        assert_eq!(list(other), rows(1, &[8]));
    }

    #[test]
    fn an_object_is_found_under_any_key() {
        let object: Object<Map<String, Value>> =
            serde_json::from_str(r#"{"id":"x","volume":{"a":1}}"#).unwrap();
        assert_eq!(object.0["a"], 1);
        assert!(serde_json::from_str::<Object<u64>>("{}").is_err());
    }
}
