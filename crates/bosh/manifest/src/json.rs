//! Manifests' values as JSON, as CPIs, agents and templates get them.

use crate::value::{Key, Value};
use serde_json::{Map, Number};
use thiserror::Error;

/// A value that JSON cannot hold.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{path}: {problem}")]
pub struct NotJson {
    /// Where it is, such as `properties.a[0]`.
    pub path: String,
    /// What is wrong.
    pub problem: String,
}

/// `value` as JSON. `path` is where it stands, for messages.
///
/// A key that is not a string is an error: YAML 1.1 reads `on:` and `n:` as booleans.
pub fn to_json(value: &Value, path: &str) -> Result<serde_json::Value, NotJson> {
    let error = |problem: String| NotJson { path: path.to_owned(), problem };
    Ok(match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(bool) => (*bool).into(),
        Value::Int(int) => (*int).into(),
        Value::Uint(uint) => (*uint).into(),
        Value::Float(float) => {
            number(*float).ok_or_else(|| error("must be a finite number".to_owned()))?.into()
        }
        Value::String(text) => text.as_str().into(),
        Value::Binary(_) => return Err(error("must be text, found binary data".to_owned())),
        Value::List(items) => {
            let items = items.iter().enumerate();
            items
                .map(|(index, item)| to_json(item, &format!("{path}[{index}]")))
                .collect::<Result<Vec<_>, _>>()?
                .into()
        }
        Value::Map(map) => {
            let mut object = Map::with_capacity(map.len());
            for (key, item) in map {
                let Key::String(name) = key else {
                    return Err(error(format!(
                        "the key {key} is not a string; YAML reads words such as yes, no, on, \
                         off, y and n as booleans: put it in quotes"
                    )));
                };
                object.insert(name.clone(), to_json(item, &join(path, name))?);
            }
            object.into()
        }
    })
}

/// The path of `name` under `path`.
pub fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A whole number loses its fraction, as in Go's JSON.
fn number(float: f64) -> Option<Number> {
    let whole = float as i64;
    if whole as f64 == float && whole.unsigned_abs() < 1 << 53 {
        return Some(whole.into());
    }
    Number::from_f64(float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn a_key_that_yaml_reads_as_a_boolean_is_an_error_with_its_path() {
        let value = yaml::parse("a: [{on: 1}]").unwrap();
        let error = to_json(&value, "properties").unwrap_err();
        assert_eq!(error.path, "properties.a[0]");
        assert!(error.problem.contains("the key true is not a string"), "{error}");
    }

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        let value = yaml::parse("[1e3, 017, 1.5, 18446744073709551615]").unwrap();
        assert_eq!(to_json(&value, "").unwrap().to_string(), "[1000,15,1.5,18446744073709551615]");
    }
}
