//! Putting values in place of placeholders.

use super::definition::{Definition, DefinitionsError, definitions};
use super::placeholder::{fill, placeholders};
use super::{StoreError, Variables};
use crate::generation::{self, GenerationError};
use crate::operations::{PatchError, Path, PathError, find};
use crate::value::{Key, Map, NotAKey, Value};
use std::collections::BTreeSet;
use std::fmt;
use thiserror::Error;

/// What is an error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checks {
    /// A placeholder without a value. Without this check it stays as it is.
    pub missing: bool,
    /// A variable that has a value and no placeholder.
    pub unused: bool,
}

/// Why a document cannot be interpolated.
#[derive(Debug, Error)]
pub enum InterpolationError {
    /// Variables are missing or not used: all of them, sorted.
    #[error("{}", Lists { missing, unused })]
    Variables {
        /// Those without a value.
        missing: Vec<String>,
        /// Those without a placeholder.
        unused: Vec<String>,
    },
    /// The definitions cannot be read.
    #[error(transparent)]
    Definitions(#[from] DefinitionsError),
    /// Two definitions have one name.
    #[error("variables: '{0}' is defined twice")]
    DefinedTwice(String),
    /// A variable's options need its own value.
    #[error("variable '{0}' refers to itself")]
    Recursion(String),
    /// A variable has no such part.
    #[error("variable '{name}': {source}")]
    Part {
        /// The placeholder's name.
        name: String,
        /// What is wrong.
        source: PatchError,
    },
    /// A part's name is not a path.
    #[error("variable '{name}': {source}")]
    PartPath {
        /// The placeholder's name.
        name: String,
        /// What is wrong.
        source: PathError,
    },
    /// Something else than text and integers stands within text.
    #[error(
        "variable '{name}' is {found} and cannot be put within text, only strings and integers can"
    )]
    WithinText {
        /// The variable.
        name: String,
        /// What it is.
        found: &'static str,
    },
    /// The value of a key is not a key.
    #[error("variable '{name}' in place of a key: {source}")]
    Key {
        /// The key with its placeholder.
        name: String,
        /// What is wrong.
        source: NotAKey,
    },
    /// A value cannot be generated.
    #[error("variable '{name}' cannot be generated: {source}")]
    Generation {
        /// The variable.
        name: String,
        /// Why.
        source: GenerationError,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Lists<'a> {
    missing: &'a [String],
    unused: &'a [String],
}

impl fmt::Display for Lists<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = [("not found", self.missing), ("not used", self.unused)];
        let mut separator = "";
        for (what, names) in lists.into_iter().filter(|(_, names)| !names.is_empty()) {
            write!(f, "{separator}variables {what}:")?;
            names.iter().try_for_each(|name| write!(f, "\n- {name}"))?;
            separator = "\n";
        }
        Ok(())
    }
}

/// Puts values in place of a document's placeholders, and generates those that it defines and that
/// have none yet. Definitions of variables that were found are taken out of the document.
pub fn interpolate(
    document: Value,
    variables: &mut Variables<'_>,
    checks: Checks,
) -> Result<Value, InterpolationError> {
    let definitions = definitions(&document)?;
    let mut interpolation = Interpolation {
        variables,
        definitions,
        missing: BTreeSet::new(),
        used: BTreeSet::new(),
        open: Vec::new(),
        misses: 0,
    };
    interpolation.generate()?;
    let document = interpolation.value(document)?;
    let document = interpolation.without_found_definitions(document)?;
    interpolation.check(checks)?;
    Ok(document)
}

struct Interpolation<'a, 'b> {
    variables: &'a mut Variables<'b>,
    definitions: Vec<Definition>,
    missing: BTreeSet<String>,
    used: BTreeSet<String>,
    /// The variables whose options are being interpolated.
    open: Vec<String>,
    /// How often no value was found.
    misses: usize,
}

impl Interpolation<'_, '_> {
    /// In the order of definitions, which is the order of dependencies.
    fn generate(&mut self) -> Result<(), InterpolationError> {
        let typed = self.definitions.iter().filter(|definition| !definition.kind.is_empty());
        let names: Vec<String> = typed.map(|definition| definition.name.clone()).collect();
        names.iter().try_for_each(|name| self.variable(name).map(drop))
    }

    fn value(&mut self, value: Value) -> Result<Value, InterpolationError> {
        match value {
            Value::String(text) => self.text(text),
            Value::List(items) => {
                let items = items.into_iter().map(|item| self.value(item));
                Ok(Value::List(items.collect::<Result<_, _>>()?))
            }
            Value::Map(map) => {
                let mut interpolated = Map::with_capacity(map.len());
                for (key, value) in map {
                    let value = self.value(value)?;
                    interpolated.insert(self.key(key)?, value);
                }
                Ok(Value::Map(interpolated))
            }
            other => Ok(other),
        }
    }

    fn key(&mut self, key: Key) -> Result<Key, InterpolationError> {
        let Key::String(text) = key else { return Ok(key) };
        let value = self.text(text.clone())?;
        Key::try_from(value).map_err(|source| InterpolationError::Key { name: text, source })
    }

    fn text(&mut self, text: String) -> Result<Value, InterpolationError> {
        let mut filled = text.clone();
        for placeholder in placeholders(&text) {
            let name = placeholder.name;
            let Some(value) = self.lookup(name)? else { continue };
            if placeholder.is_whole {
                return Ok(value);
            }
            match &value {
                Value::String(_) | Value::Int(_) | Value::Uint(_) => {
                    let value = value.scalar_text().unwrap_or_default();
                    filled = fill(&filled, name, &value);
                }
                other => {
                    let (name, found) = (name.to_owned(), other.kind());
                    return Err(InterpolationError::WithinText { name, found });
                }
            }
        }
        Ok(Value::String(filled))
    }

    /// The value of a variable, or of a part of it: `a.b.c`.
    fn lookup(&mut self, name: &str) -> Result<Option<Value>, InterpolationError> {
        let (variable, part) = name.split_once('.').map_or((name, None), |(v, p)| (v, Some(p)));
        let Some(value) = self.variable(variable)? else { return Ok(None) };
        let Some(part) = part else { return Ok(Some(value)) };
        let path = Path::parse(&format!("/{}", part.replace('.', "/")))
            .map_err(|source| InterpolationError::PartPath { name: name.to_owned(), source })?;
        // A number is an index if it can be, and a key if not.
        find(&value, &path)
            .or_else(|_| find(&value, &path.with_keys_for_indices()))
            .map(Some)
            .map_err(|source| InterpolationError::Part { name: name.to_owned(), source })
    }

    /// The value of a variable; it is generated if it has to be.
    fn variable(&mut self, name: &str) -> Result<Option<Value>, InterpolationError> {
        self.used.insert(name.to_owned());
        if self.open.iter().any(|open| open == name) {
            return Err(InterpolationError::Recursion(name.to_owned()));
        }
        let definition = self.definitions.iter().find(|definition| definition.name == name);
        let definition = definition.cloned().unwrap_or_default();
        let value = self.variables.values.get(name).or_else(|| self.variables.stored(name));
        if let Some(value) = value.cloned() {
            self.use_all(&definition.options);
            return Ok(Some(value));
        }
        if definition.kind.is_empty() || self.variables.store.is_none() {
            self.missing.insert(name.to_owned());
            self.misses += 1;
            return Ok(None);
        }
        self.open.push(name.to_owned());
        let generated = self.generated(name, definition);
        self.open.pop();
        generated
    }

    /// A new value, which is kept at once; nothing if a variable in the options has none.
    fn generated(
        &mut self,
        name: &str,
        definition: Definition,
    ) -> Result<Option<Value>, InterpolationError> {
        let misses_before = self.misses;
        let options = self.value(definition.options)?;
        if self.misses > misses_before {
            return Ok(None);
        }
        let ca = match generation::ca_name(&definition.kind, &options) {
            Some(ca) => self.variable(&ca)?.map(|value| (ca, value)),
            None => None,
        };
        let value = generation::generate(&definition.kind, &options, ca.as_ref());
        let value = value
            .map_err(|source| InterpolationError::Generation { name: name.to_owned(), source })?;
        if let Some(store) = &mut self.variables.store {
            store.insert(name, value.clone())?;
        }
        Ok(Some(value))
    }

    /// Variables in the options of one that has a value count as used.
    fn use_all(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                let names = placeholders(text).into_iter().map(|placeholder| placeholder.name);
                self.used.extend(names.map(|name| first_part(name).to_owned()));
            }
            Value::List(items) => items.iter().for_each(|item| self.use_all(item)),
            Value::Map(map) => map.values().for_each(|value| self.use_all(value)),
            _ => {}
        }
    }

    fn without_found_definitions(&mut self, document: Value) -> Result<Value, InterpolationError> {
        let mut found = BTreeSet::new();
        for definition in self.definitions.clone() {
            if self.variable(&definition.name)?.is_some() && !found.insert(definition.name.clone())
            {
                return Err(InterpolationError::DefinedTwice(definition.name));
            }
        }
        let mut document = document;
        if let Value::Map(map) = &mut document
            && let Some(Value::List(items)) = map.get_mut(&Key::from("variables"))
        {
            let mut definitions = self.definitions.iter();
            items.retain(|_| definitions.next().is_none_or(|d| !found.contains(&d.name)));
        }
        Ok(document)
    }

    fn check(self, checks: Checks) -> Result<(), InterpolationError> {
        let missing = if checks.missing { self.missing.into_iter().collect() } else { Vec::new() };
        let mut unused = BTreeSet::new();
        if checks.unused {
            unused.extend(self.variables.values.names().map(str::to_owned));
            if let Some(store) = &self.variables.store {
                let names = store.values().keys().map(ToString::to_string);
                unused.extend(names.map(|name| first_part(&name).to_owned()));
            }
            unused.retain(|name| !self.used.contains(name));
        }
        let unused: Vec<String> = unused.into_iter().collect();
        if missing.is_empty() && unused.is_empty() {
            return Ok(());
        }
        Err(InterpolationError::Variables { missing, unused })
    }
}

fn first_part(name: &str) -> &str {
    name.split_once('.').map_or(name, |(first, _)| first)
}
