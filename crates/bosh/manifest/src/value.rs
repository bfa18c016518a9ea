//! What a YAML document holds.

use indexmap::IndexMap;
use std::fmt;

/// A map: keys are scalars, and the last of two equal ones wins.
pub type Map = IndexMap<Key, Value>;

/// A value of a YAML document, with the types that the CLI's YAML reader knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// `~`, `null`, or nothing at all.
    #[default]
    Null,
    /// `true`, `yes`, `on`, `y` and their opposites.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// An integer above those of [`Value::Int`].
    Uint(u64),
    /// A number with a fraction, an exponent, or too big for an integer.
    Float(f64),
    /// Text.
    String(String),
    /// Bytes that are not UTF-8: from `!!binary`, or from a file that a variable names.
    Binary(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A map.
    Map(Map),
}

/// A key of a map. YAML 1.1 makes booleans of keys such as `on` and `n`, too.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// `~` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// An integer above those of [`Key::Int`].
    Uint(u64),
    /// A float, by its bits: two keys are equal if they are written alike.
    Float(u64),
    /// Text: what a manifest means by a key.
    String(String),
    /// Bytes that are not UTF-8.
    Binary(Vec<u8>),
}

impl Value {
    /// What kind of value this is, with its article, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::Uint(_) => "an integer",
            Value::Float(_) => "a float",
            Value::String(_) => "a string",
            Value::Binary(_) => "binary data",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// The map that this is.
    pub fn as_map(&self) -> Option<&Map> {
        if let Value::Map(map) = self { Some(map) } else { None }
    }

    /// The list that this is.
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Value::List(list) = self { Some(list) } else { None }
    }

    /// The text that this is.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = self { Some(text) } else { None }
    }

    /// The value at a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map()?.get(&Key::from(key))
    }

    /// Text from bytes: binary if they are not UTF-8.
    pub fn from_bytes(bytes: Vec<u8>) -> Value {
        String::from_utf8(bytes)
            .map_or_else(|error| Value::Binary(error.into_bytes()), Value::String)
    }

    /// A scalar as text, as Go prints it; nothing for lists, maps and binary data.
    pub fn scalar_text(&self) -> Option<String> {
        Some(match self {
            Value::Null => "null".to_owned(),
            Value::Bool(bool) => bool.to_string(),
            Value::Int(int) => int.to_string(),
            Value::Uint(uint) => uint.to_string(),
            Value::Float(float) => crate::yaml::float_text(*float),
            Value::String(text) => text.clone(),
            Value::Binary(_) | Value::List(_) | Value::Map(_) => return None,
        })
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::String(text)
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Key::String(text.to_owned())
    }
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        match key {
            Key::Null => Value::Null,
            Key::Bool(bool) => Value::Bool(bool),
            Key::Int(int) => Value::Int(int),
            Key::Uint(uint) => Value::Uint(uint),
            Key::Float(bits) => Value::Float(f64::from_bits(bits)),
            Key::String(text) => Value::String(text),
            Key::Binary(bytes) => Value::Binary(bytes),
        }
    }
}

/// A list or a map, where a key of a map is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} cannot be the key of a map")]
pub struct NotAKey(&'static str);

impl TryFrom<Value> for Key {
    type Error = NotAKey;

    fn try_from(value: Value) -> Result<Self, NotAKey> {
        Ok(match value {
            Value::Null => Key::Null,
            Value::Bool(bool) => Key::Bool(bool),
            Value::Int(int) => Key::Int(int),
            Value::Uint(uint) => Key::Uint(uint),
            Value::Float(float) => Key::Float(float.to_bits()),
            Value::String(text) => Key::String(text),
            Value::Binary(bytes) => Key::Binary(bytes),
            Value::List(_) | Value::Map(_) => return Err(NotAKey(value.kind())),
        })
    }
}

/// As it stands in a message: text as it is, other scalars as YAML.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Value::from(self.clone()).scalar_text() {
            Some(text) => f.write_str(&text),
            None => f.write_str("(binary)"),
        }
    }
}
