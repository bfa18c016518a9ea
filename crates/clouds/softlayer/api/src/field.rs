//! Values as SoftLayer writes them, which is not always as it says: numbers come as text, a list
//! of one comes as the one, and what is absent is null, empty or left out.
//!
//! Whatever is a [`Field`] also knows the object mask that asks for it, so that a mask cannot
//! differ from the struct that it fills.

use cloud_http::{Secret, reveal};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// A value of SoftLayer's.
pub trait Field: Sized {
    /// The fields that a mask must name to fill it, `id,datacenter[id,name]`; None for what has
    /// no fields.
    fn shape() -> Option<String> {
        None
    }

    /// Reads it from what came; null stands for what did not come.
    fn read(value: Value) -> Result<Self, Misread>;

    /// Writes it. Null is left out of objects.
    fn write(&self) -> Value;

    /// The secrets in it.
    fn secrets<'s>(&'s self, _found: &mut Vec<&'s str>) {}
}

/// Why a value could not be read. Never repeats the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread {
    path: Vec<String>,
    what: String,
}

impl Misread {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { path: Vec::new(), what: what.into() }
    }

    fn wanted(what: &str, found: &Value) -> Self {
        let kind = match found {
            Value::Null => return Self::new(format!("{what} is missing")),
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "another number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        Self::new(format!("{what} was expected, {kind} came"))
    }

    /// The same, further in.
    fn at(mut self, step: impl Into<String>) -> Self {
        self.path.push(step.into());
        self
    }
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path: Vec<&str> = self.path.iter().rev().map(String::as_str).collect();
        match path.is_empty() {
            true => f.write_str(&self.what),
            false => write!(f, "{}: {}", path.join("."), self.what),
        }
    }
}

impl std::error::Error for Misread {}

impl Field for u64 {
    fn read(value: Value) -> Result<Self, Misread> {
        let number = match &value {
            Value::Number(n) => n.as_u64().or_else(|| whole(n.as_f64()?)),
            Value::String(text) => {
                text.parse().ok().or_else(|| whole(text.trim().parse::<f64>().ok()?))
            }
            _ => None,
        };
        number.ok_or_else(|| Misread::wanted("a whole number", &value))
    }

    fn write(&self) -> Value {
        (*self).into()
    }
}

fn whole(number: f64) -> Option<u64> {
    let fits = number >= 0.0 && number.fract() == 0.0 && number < 2f64.powi(53);
    fits.then_some(number as u64)
}

impl Field for f64 {
    fn read(value: Value) -> Result<Self, Misread> {
        let number = match &value {
            Value::Number(n) => n.as_f64(),
            Value::String(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
            _ => None,
        };
        number.ok_or_else(|| Misread::wanted("a number", &value))
    }

    fn write(&self) -> Value {
        (*self).into()
    }
}

impl Field for bool {
    fn read(value: Value) -> Result<Self, Misread> {
        match &value {
            Value::Bool(it) => Ok(*it),
            Value::Number(n) if n.as_u64().is_some_and(|n| n < 2) => Ok(n.as_u64() == Some(1)),
            Value::String(text) => match text.as_str() {
                "1" | "true" => Ok(true),
                "0" | "false" | "" => Ok(false),
                _ => Err(Misread::wanted("true or false", &value)),
            },
            _ => Err(Misread::wanted("true or false", &value)),
        }
    }

    fn write(&self) -> Value {
        (*self).into()
    }
}

impl Field for String {
    fn read(value: Value) -> Result<Self, Misread> {
        match value {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            other => Err(Misread::wanted("text", &other)),
        }
    }

    fn write(&self) -> Value {
        self.as_str().into()
    }
}

/// A secret is written: only who sends it or who answers with it writes it.
impl Field for Secret {
    fn read(value: Value) -> Result<Self, Misread> {
        String::read(value).map(Self::from)
    }

    fn write(&self) -> Value {
        reveal(self).into()
    }

    fn secrets<'s>(&'s self, found: &mut Vec<&'s str>) {
        found.push(reveal(self));
    }
}

/// What nobody reads: an answer that only says that something was done.
impl Field for () {
    fn read(_: Value) -> Result<Self, Misread> {
        Ok(())
    }

    fn write(&self) -> Value {
        Value::Null
    }
}

impl Field for Value {
    fn read(value: Value) -> Result<Self, Misread> {
        Ok(value)
    }

    fn write(&self) -> Value {
        self.clone()
    }
}

/// Null and the empty text are None, and so is an empty list where an object was expected.
impl<T: Field> Field for Option<T> {
    fn shape() -> Option<String> {
        T::shape()
    }

    fn read(value: Value) -> Result<Self, Misread> {
        let absent = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        if absent { Ok(None) } else { T::read(value).map(Some) }
    }

    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::write)
    }

    fn secrets<'s>(&'s self, found: &mut Vec<&'s str>) {
        if let Some(it) = self {
            it.secrets(found);
        }
    }
}

/// Null is an empty list, and something that is no list is a list of that.
impl<T: Field> Field for Vec<T> {
    fn shape() -> Option<String> {
        T::shape()
    }

    fn read(value: Value) -> Result<Self, Misread> {
        let items = match value {
            Value::Null => Vec::new(),
            Value::Array(items) => items,
            // A list of nothing may come as the empty text.
            Value::String(text) if text.is_empty() => Vec::new(),
            one => vec![one],
        };
        let read = |(i, item)| T::read(item).map_err(|e| e.at(format!("[{i}]")));
        items.into_iter().enumerate().map(read).collect()
    }

    fn write(&self) -> Value {
        self.iter().map(T::write).collect()
    }

    fn secrets<'s>(&'s self, found: &mut Vec<&'s str>) {
        self.iter().for_each(|item| item.secrets(found));
    }
}

/// An object whose keys are data.
impl<T: Field> Field for BTreeMap<String, T> {
    fn read(value: Value) -> Result<Self, Misread> {
        let read = |(key, item): (String, _)| match T::read(item) {
            Ok(item) => Ok((key, item)),
            Err(error) => Err(error.at(key)),
        };
        fields_of(value)?.into_iter().map(read).collect()
    }

    fn write(&self) -> Value {
        let entries = self.iter().map(|(key, item)| (key.clone(), item.write()));
        Value::Object(entries.collect())
    }

    fn secrets<'s>(&'s self, found: &mut Vec<&'s str>) {
        self.values().for_each(|item| item.secrets(found));
    }
}

/// An object with fields of its own, as the `object!` macro makes them.
pub trait Object: Field {
    /// Its fields under their wire names, in order, absent ones as null.
    fn entries(&self) -> Vec<(String, Value)>;

    /// Whether it has a field `id`.
    fn has_id() -> bool;
}

/// The entries of an object, without those that are absent.
pub(crate) fn present(entries: Vec<(String, Value)>) -> Value {
    let absent = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    Value::Object(entries.into_iter().filter(|(_, value)| !absent(value)).collect())
}

/// The fields of what must be an object. An empty list is how PHP writes one without fields.
pub(crate) fn fields_of(value: Value) -> Result<Map<String, Value>, Misread> {
    match value {
        Value::Object(map) => Ok(map),
        Value::Array(items) if items.is_empty() => Ok(Map::new()),
        other => Err(Misread::wanted("an object", &other)),
    }
}

/// The field of that name, read.
pub(crate) fn take<T: Field>(map: &mut Map<String, Value>, name: &str) -> Result<T, Misread> {
    T::read(map.remove(name).unwrap_or(Value::Null)).map_err(|e| e.at(name))
}

/// One field in a mask.
pub(crate) fn masked<T: Field>(name: &str) -> String {
    match T::shape() {
        Some(inner) => format!("{name}[{inner}]"),
        None => name.to_owned(),
    }
}

/// A Rust name as SoftLayer spells it: `primary_ip_address` is `primaryIpAddress`.
pub(crate) fn wire_name(name: &str) -> String {
    let mut wire = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                wire.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => wire.push(c),
        }
    }
    wire
}

/// Makes a struct whose fields have SoftLayer's names (in camel case, or the one after `as`), and
/// which can be read, written and asked for by a mask.
macro_rules! object {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$doc:meta])* pub $field:ident $(as $wire:literal)?: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $crate::field::Field for $name {
            fn shape() -> Option<String> {
                let names: Vec<String> = vec![$(
                    $crate::field::masked::<$type>(&object!(@wire $field $($wire)?)),
                )*];
                Some(names.join(","))
            }

            #[allow(unused_mut, unused_variables)] // of a struct without fields
            fn read(value: serde_json::Value) -> Result<Self, $crate::field::Misread> {
                let mut map = $crate::field::fields_of(value)?;
                Ok(Self {
                    $($field: $crate::field::take(&mut map, &object!(@wire $field $($wire)?))?,)*
                })
            }

            fn write(&self) -> serde_json::Value {
                $crate::field::present($crate::field::Object::entries(self))
            }

            #[allow(unused_variables)]
            fn secrets<'s>(&'s self, found: &mut Vec<&'s str>) {
                $($crate::field::Field::secrets(&self.$field, found);)*
            }
        }

        impl $crate::field::Object for $name {
            fn entries(&self) -> Vec<(String, serde_json::Value)> {
                vec![$((
                    object!(@wire $field $($wire)?),
                    $crate::field::Field::write(&self.$field),
                ),)*]
            }

            fn has_id() -> bool {
                let names: &[&str] = &[$(stringify!($field)),*];
                names.contains(&"id")
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(&$crate::field::Field::write(self), s)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let value = <serde_json::Value as serde::Deserialize>::deserialize(d)?;
                $crate::field::Field::read(value).map_err(serde::de::Error::custom)
            }
        }
    };
    (@wire $field:ident $wire:literal) => { String::from($wire) };
    (@wire $field:ident) => { $crate::field::wire_name(stringify!($field)) };
}
pub(crate) use object;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    object! {
        /// A place.
        pub struct Place {
            /// Its id.
            pub id: u64,
            /// Its name.
            pub long_name: Option<String>,
        }
    }

    object! {
        /// A thing.
        pub struct Thing {
            /// Its id.
            pub id: u64,
            /// Its kind.
            pub kind as "type": Option<String>,
            /// Where.
            pub places: Vec<Place>,
            /// Whether.
            pub hourly_billing_flag: Option<bool>,
            /// Its secret.
            pub password: Option<Secret>,
        }
    }

    #[test]
    fn a_struct_makes_its_own_mask() {
        let shape = Thing::shape().unwrap();
        assert_eq!(shape, "id,type,places[id,longName],hourlyBillingFlag,password");
    }

    /// All of these were recorded: numbers as text, an object for a list, null, an empty text.
    #[test]
    fn odd_values_are_read() {
        let thing = json!({"id": "12", "places": {"id": 3.0, "longName": 5}, "type": "",
            "hourlyBillingFlag": "1", "unknown": []});
        let thing = Thing::read(thing).unwrap();
        assert_eq!((thing.id, thing.kind, thing.hourly_billing_flag), (12, None, Some(true)));
        assert_eq!(thing.places[0].long_name.as_deref(), Some("5"));
        let thing = Thing::read(json!({"id": 1, "places": null})).unwrap();
        assert!(thing.places.is_empty());
        assert!(Option::<Place>::read(json!([])).unwrap().is_none());
        assert!(Option::<Place>::read(Value::Null).unwrap().is_none());
    }

    #[test]
    fn an_error_has_a_path_and_no_value() {
        let error = Thing::read(json!({"id": 1, "places": [{"id": 1}, {"id": "hush"}]}));
        let text = error.unwrap_err().to_string();
        assert_eq!(text, "places.[1].id: a whole number was expected, text came");
        assert_eq!(
            Thing::read(json!({})).unwrap_err().to_string(),
            "id: a whole number is missing"
        );
        assert!(u64::read(json!(-1)).is_err() && u64::read(json!("1.5")).is_err());
    }

    #[test]
    fn what_is_absent_is_not_written_and_secrets_are_known() {
        let thing = Thing {
            id: 1,
            kind: None,
            places: vec![],
            hourly_billing_flag: Some(false),
            password: Some("hush-hush".into()),
        };
        let written = json!({"id": 1, "hourlyBillingFlag": false, "password": "hush-hush"});
        assert_eq!(thing.write(), written);
        assert!(!format!("{thing:?}").contains("hush"));
        let mut found = Vec::new();
        thing.secrets(&mut found);
        assert_eq!(found, ["hush-hush"]);
    }
}
