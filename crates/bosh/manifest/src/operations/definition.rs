//! Operations as files define them.

use super::path::{Path, PathError};
use super::{Operation, OperationsFile};
use crate::value::Value;
use crate::yaml::{self, YamlError};
use std::fmt;
use thiserror::Error;

/// An operations file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OperationsFileError {
    /// It is not YAML.
    #[error("{file}: {source}")]
    Yaml {
        /// The file.
        file: String,
        /// What is wrong.
        source: YamlError,
    },
    /// It holds something else than a list.
    #[error("{file}: must be a list of operations, found {found}")]
    NotAList {
        /// The file.
        file: String,
        /// What it is.
        found: &'static str,
    },
    /// Operations in it are wrong: all of them.
    #[error("{}", Lines(file, problems))]
    Invalid {
        /// The file.
        file: String,
        /// Which operation, and what is wrong.
        problems: Vec<(usize, DefinitionError)>,
    },
}

/// What is wrong with the definition of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DefinitionError {
    /// It is not a map.
    #[error("must be a map, found {0}")]
    NotAMap(&'static str),
    /// There is no such operation.
    #[error("unknown type '{0}': must be replace, remove or test")]
    UnknownType(String),
    /// Something is missing.
    #[error("{0} is required")]
    Missing(&'static str),
    /// There is something that has no meaning.
    #[error("value is not allowed for a remove operation")]
    UnexpectedValue,
    /// Something has the wrong type.
    #[error("{0} must be {1}")]
    WrongType(&'static str, &'static str),
    /// The path is not one.
    #[error("invalid path '{0}': {1}")]
    Path(String, PathError),
}

struct Lines<'a>(&'a str, &'a [(usize, DefinitionError)]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (index, error)) in self.1.iter().enumerate() {
            let newline = if at == 0 { "" } else { "\n" };
            write!(f, "{newline}operation [{index}] in {}: {error}", self.0)?;
        }
        Ok(())
    }
}

impl OperationsFile {
    /// Reads a file's text. An empty one has no operations.
    pub fn parse(name: &str, text: &str) -> Result<OperationsFile, OperationsFileError> {
        let file = name.to_owned();
        let document = yaml::parse(text)
            .map_err(|source| OperationsFileError::Yaml { file: file.clone(), source })?;
        let definitions = match &document {
            Value::Null => &[],
            Value::List(items) => items.as_slice(),
            other => return Err(OperationsFileError::NotAList { file, found: other.kind() }),
        };
        let mut operations = Vec::new();
        let mut problems = Vec::new();
        for (index, definition) in definitions.iter().enumerate() {
            match operation(definition) {
                Ok(operation) => operations.push(operation),
                Err(error) => problems.push((index, error)),
            }
        }
        if problems.is_empty() {
            Ok(OperationsFile { name: file, operations })
        } else {
            Err(OperationsFileError::Invalid { file, problems })
        }
    }
}

fn operation(definition: &Value) -> Result<Operation, DefinitionError> {
    if definition.as_map().is_none() {
        return Err(DefinitionError::NotAMap(definition.kind()));
    }
    let kind = text(definition, "type")?.unwrap_or_default();
    // A value of null counts as missing.
    let value = definition.get("value").filter(|value| **value != Value::Null).cloned();
    let absent = match definition.get("absent") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(absent)) => Some(*absent),
        Some(_) => return Err(DefinitionError::WrongType("absent", "true or false")),
    };
    match kind.as_str() {
        "replace" => {
            let path = path(definition)?;
            let value = value.ok_or(DefinitionError::Missing("value"))?;
            Ok(Operation::Replace { path, value })
        }
        "remove" => {
            let path = path(definition)?;
            if value.is_some() {
                return Err(DefinitionError::UnexpectedValue);
            }
            Ok(Operation::Remove { path })
        }
        "test" => {
            let path = path(definition)?;
            let value = match (absent, value) {
                (Some(true), _) => None,
                (_, Some(value)) => Some(value),
                // What `absent: false` alone means to the CLI.
                (Some(false), None) => Some(Value::Null),
                (None, None) => return Err(DefinitionError::Missing("value or absent")),
            };
            Ok(Operation::Test { path, value })
        }
        _ => Err(DefinitionError::UnknownType(kind)),
    }
}

fn path(definition: &Value) -> Result<Path, DefinitionError> {
    let text = text(definition, "path")?.ok_or(DefinitionError::Missing("path"))?;
    Path::parse(&text).map_err(|error| DefinitionError::Path(text, error))
}

fn text(definition: &Value, key: &'static str) -> Result<Option<String>, DefinitionError> {
    match definition.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            value.scalar_text().map(Some).ok_or(DefinitionError::WrongType(key, "a string"))
        }
    }
}
