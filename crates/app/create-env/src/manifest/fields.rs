//! Reading a manifest's maps: all that is wrong is collected, with its path, and so is what is
//! not read.

use bosh_manifest::json::{join, to_json};
use bosh_manifest::{Key, Map, Value};
use serde_json::Map as JsonMap;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

/// Something in a manifest that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, such as `networks[0].subnets[0].range`.
    pub path: String,
    /// What: "is required", "must be …".
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the manifest" } else { &self.path };
        write!(f, "{path} {}", self.message)
    }
}

/// What is found while a manifest is read.
#[derive(Debug, Default)]
pub struct Findings {
    problems: RefCell<Vec<Problem>>,
    ignored: RefCell<Vec<String>>,
}

impl Findings {
    /// Notes a problem.
    pub fn problem(&self, path: impl Into<String>, message: impl Into<String>) {
        let problem = Problem { path: path.into(), message: message.into() };
        self.problems.borrow_mut().push(problem);
    }

    /// What is wrong, and which paths were not read.
    pub fn into_parts(self) -> (Vec<Problem>, Vec<String>) {
        (self.problems.into_inner(), self.ignored.into_inner())
    }

    /// The fields of a value that must be a map.
    pub fn fields<'a>(&'a self, value: &'a Value, path: impl Into<String>) -> Fields<'a> {
        let path = path.into();
        if value.as_map().is_none() {
            self.problem(&path, format!("must be a map, found {}", value.kind()));
        }
        Fields { map: value.as_map(), path, read: RefCell::default(), findings: self }
    }
}

/// A map of a manifest. What was not read of it when it is dropped has been ignored.
pub struct Fields<'a> {
    map: Option<&'a Map>,
    path: String,
    read: RefCell<BTreeSet<&'static str>>,
    findings: &'a Findings,
}

impl<'a> Fields<'a> {
    /// The path of a field.
    pub fn path(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// Where these fields are.
    pub fn own_path(&self) -> &str {
        &self.path
    }

    /// Notes a problem with a field.
    pub fn problem(&self, key: &str, message: impl Into<String>) {
        self.findings.problem(self.path(key), message);
    }

    /// Counts a field as read: it has a meaning to others.
    pub fn pass(&self, keys: &[&'static str]) {
        self.read.borrow_mut().extend(keys);
    }

    /// A field's value; null counts as absent.
    pub fn value(&self, key: &'static str) -> Option<&'a Value> {
        self.read.borrow_mut().insert(key);
        self.map?.get(&Key::from(key)).filter(|value| **value != Value::Null)
    }

    /// Text; numbers and booleans are taken as they are written. Empty if it is absent.
    pub fn text(&self, key: &'static str) -> String {
        let Some(value) = self.value(key) else { return String::new() };
        value.scalar_text().unwrap_or_else(|| {
            self.problem(key, format!("must be a string, found {}", value.kind()));
            String::new()
        })
    }

    /// Text that must be there and must not be blank.
    pub fn required_text(&self, key: &'static str) -> String {
        let before = self.findings.problems.borrow().len();
        let text = self.text(key);
        if text.trim().is_empty() && before == self.findings.problems.borrow().len() {
            self.problem(key, "is required");
        }
        text
    }

    /// A whole number; 0 if it is absent.
    pub fn integer(&self, key: &'static str) -> i64 {
        match self.value(key) {
            None => 0,
            Some(Value::Int(int)) => *int,
            Some(Value::Float(float)) if *float == float.trunc() && float.abs() < 1e15 => {
                *float as i64
            }
            Some(value) => {
                let found = match value {
                    Value::String(_) => "a string: remove the quotes",
                    value => value.kind(),
                };
                self.problem(key, format!("must be a whole number, found {found}"));
                0
            }
        }
    }

    /// A list's items with their paths; none if it is absent.
    pub fn items(&self, key: &'static str) -> Vec<(String, &'a Value)> {
        let path = self.path(key);
        match self.value(key) {
            None => Vec::new(),
            Some(Value::List(items)) => {
                let items = items.iter().enumerate();
                items.map(|(index, item)| (format!("{path}[{index}]"), item)).collect()
            }
            Some(value) => {
                self.findings.problem(path, format!("must be a list, found {}", value.kind()));
                Vec::new()
            }
        }
    }

    /// A list of maps.
    pub fn maps(&self, key: &'static str) -> Vec<Fields<'a>> {
        let items = self.items(key).into_iter();
        items.map(|(path, item)| self.findings.fields(item, path)).collect()
    }

    /// A list of texts.
    pub fn texts(&self, key: &'static str) -> Vec<String> {
        let text = |(path, item): (String, &Value)| {
            item.scalar_text().unwrap_or_else(|| {
                let found = item.kind();
                self.findings.problem(path, format!("must be a string, found {found}"));
                String::new()
            })
        };
        self.items(key).into_iter().map(text).collect()
    }

    /// A map's fields, if it is there.
    pub fn map(&self, key: &'static str) -> Option<Fields<'a>> {
        Some(self.findings.fields(self.value(key)?, self.path(key)))
    }

    /// A map of anything, as JSON, if it is there. Its keys must be strings.
    pub fn json(&self, key: &'static str) -> Option<JsonMap<String, serde_json::Value>> {
        let value = self.value(key)?;
        match to_json(value, &self.path(key)) {
            Ok(serde_json::Value::Object(map)) => Some(map),
            Ok(_) => {
                self.problem(key, format!("must be a map, found {}", value.kind()));
                None
            }
            Err(error) => {
                self.findings.problem(error.path, error.problem);
                None
            }
        }
    }
}

impl Drop for Fields<'_> {
    fn drop(&mut self) {
        let read = self.read.borrow();
        let keys = self.map.into_iter().flat_map(Map::keys).map(ToString::to_string);
        let ignored = keys.filter(|key| !read.contains(key.as_str()));
        self.findings.ignored.borrow_mut().extend(ignored.map(|key| join(&self.path, &key)));
    }
}
