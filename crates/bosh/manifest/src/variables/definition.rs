//! `variables`: which values may be generated, and how.

use crate::value::Value;
use thiserror::Error;

/// A variable that a manifest defines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// What it is, such as `password`. Empty if it can only be given.
    pub kind: String,
    /// How it is generated.
    pub options: Value,
}

/// Definitions that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{path} must be {expected}, found {found}")]
pub struct DefinitionsError {
    path: String,
    expected: &'static str,
    found: &'static str,
}

/// The variables that a document defines, in its order.
pub fn definitions(document: &Value) -> Result<Vec<Definition>, DefinitionsError> {
    let items = match document.get("variables") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::List(items)) => items,
        Some(other) => {
            return Err(DefinitionsError {
                path: "variables".to_owned(),
                expected: "a list",
                found: other.kind(),
            });
        }
    };
    items.iter().enumerate().map(|(index, item)| definition(item, index)).collect()
}

fn definition(item: &Value, index: usize) -> Result<Definition, DefinitionsError> {
    if item.as_map().is_none() {
        let path = format!("variables[{index}]");
        return Err(DefinitionsError { path, expected: "a map", found: item.kind() });
    }
    let text = |key: &str| match item.get(key) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(value) => value.scalar_text().ok_or_else(|| DefinitionsError {
            path: format!("variables[{index}].{key}"),
            expected: "a string",
            found: value.kind(),
        }),
    };
    Ok(Definition {
        name: text("name")?,
        kind: text("type")?,
        options: item.get("options").cloned().unwrap_or_default(),
    })
}
