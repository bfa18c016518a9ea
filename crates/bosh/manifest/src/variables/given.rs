//! Values that are given on the command line, in files and in the environment.

use crate::value::{Key, Map, Value};
use crate::yaml::{self, YamlError};
use indexmap::IndexMap;
use thiserror::Error;

/// Values by the way in which they were given. Among those of one way the last one counts; `--var`
/// counts more than `--var-file`, and that more than `--vars-file` and `--vars-env`.
#[derive(Clone, Debug, Default)]
pub struct Given {
    environment: Vec<(String, Value)>,
    vars_files: Vec<(String, Value)>,
    var_files: Vec<(String, Value)>,
    vars: Vec<(String, Value)>,
}

/// Values by name; of a name with dots, the first part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(IndexMap<String, Value>);

/// A value that cannot be used. None is quoted: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GivenError {
    /// There is no equals sign.
    #[error("must be {0}")]
    NoAssignment(&'static str),
    /// Nothing is before the equals sign.
    #[error("must have a name before the '='")]
    NoName,
    /// Nothing is behind the equals sign.
    #[error("variable '{0}' must have a value behind the '='")]
    NoValue(String),
    /// The value is not YAML.
    #[error("variable '{0}': not valid YAML: {1}")]
    Yaml(String, YamlError),
    /// The file is not YAML.
    #[error("not valid YAML: {0}")]
    FileYaml(#[from] YamlError),
    /// The file holds something else than a map.
    #[error("must be a map of variables, found {0}")]
    NotAMap(&'static str),
    /// `a` and `a.b` both have a value.
    #[error("variable '{0}' has a value of its own, so that '{1}' cannot be a part of it")]
    Conflict(String, String),
}

impl Given {
    /// Takes a `--var`, as [`parse_assignment`] reads it.
    pub fn var(&mut self, name: String, value: Value) {
        self.vars.push((name, value));
    }

    /// Takes a `--var-file`: the bytes are the value.
    pub fn var_file(&mut self, name: String, bytes: Vec<u8>) {
        self.var_files.push((name, Value::from_bytes(bytes)));
    }

    /// Takes the text of a `--vars-file`: a map of variables.
    pub fn vars_file(&mut self, text: &str) -> Result<(), GivenError> {
        let variables = match yaml::parse(text)? {
            Value::Null => return Ok(()),
            Value::Map(map) => map,
            other => return Err(GivenError::NotAMap(other.kind())),
        };
        self.vars_files.extend(variables.into_iter().map(|(key, value)| (key.to_string(), value)));
        Ok(())
    }

    /// Takes `--vars-env PREFIX`: of these variables of the environment, those that begin with the
    /// prefix and an underscore. Each value is YAML.
    pub fn vars_env(
        &mut self,
        prefix: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), GivenError> {
        for (variable, text) in environment {
            let name = variable.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
            let Some(name) = name.map(str::to_owned) else { continue };
            let value = yaml::parse(&text).map_err(|error| GivenError::Yaml(variable, error))?;
            self.environment.push((name, value));
        }
        Ok(())
    }

    /// What counts.
    pub fn into_values(self) -> Result<Values, GivenError> {
        let ways = [self.environment, self.vars_files, self.var_files, self.vars];
        // The last value of a name counts, before names are taken apart at their dots.
        let flat: IndexMap<String, Value> = ways.into_iter().flatten().collect();
        let mut values = IndexMap::new();
        let (plain, dotted): (Vec<_>, Vec<_>) =
            flat.into_iter().partition(|(name, _)| !name.contains('.'));
        values.extend(plain);
        for (name, value) in dotted {
            put(&mut values, &name, value)?;
        }
        Ok(Values(values))
    }
}

impl Values {
    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The names of all variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// `a.b.c` is a part of a part of `a`.
fn put(values: &mut IndexMap<String, Value>, name: &str, value: Value) -> Result<(), GivenError> {
    let mut parts = name.split('.');
    let first = parts.next().unwrap_or_default();
    let mut prefix = first.to_owned();
    let mut target = values.entry(first.to_owned()).or_insert_with(|| Value::Map(Map::new()));
    for part in parts {
        let Value::Map(map) = target else {
            return Err(GivenError::Conflict(prefix, name.to_owned()));
        };
        target = map.entry(Key::from(part)).or_insert_with(|| Value::Map(Map::new()));
        prefix = format!("{prefix}.{part}");
    }
    *target = value;
    Ok(())
}

/// Reads `NAME=VALUE`. The value is YAML; if it is text, it is taken as it stands, without the
/// quotes around it.
pub fn parse_assignment(text: &str) -> Result<(String, Value), GivenError> {
    let (name, text) = split(text, "NAME=VALUE")?;
    if goes_on_behind_quotes(text) {
        return Ok((name.to_owned(), Value::from(without_quotes(text))));
    }
    let value = yaml::parse(text).map_err(|error| GivenError::Yaml(name.to_owned(), error))?;
    let value = match value {
        Value::String(_) => Value::from(without_quotes(text)),
        value => value,
    };
    Ok((name.to_owned(), value))
}

/// Reads `NAME=PATH`.
pub fn parse_file_assignment(text: &str) -> Result<(String, String), GivenError> {
    let (name, path) = split(text, "NAME=PATH")?;
    Ok((name.to_owned(), path.to_owned()))
}

fn split<'a>(text: &'a str, form: &'static str) -> Result<(&'a str, &'a str), GivenError> {
    let (name, value) = text.split_once('=').ok_or(GivenError::NoAssignment(form))?;
    if name.is_empty() {
        return Err(GivenError::NoName);
    }
    if value.is_empty() {
        return Err(GivenError::NoValue(name.to_owned()));
    }
    Ok((name, value))
}

/// `'a' b`: the CLI's reader stops behind the quotes, has found text, and takes all of it.
fn goes_on_behind_quotes(text: &str) -> bool {
    let Some(quote @ ('\'' | '"')) = text.chars().next() else { return false };
    let mut inside = text[1..].char_indices().peekable();
    while let Some((at, c)) = inside.next() {
        let doubled = quote == '\'' && inside.peek().is_some_and(|(_, next)| *next == quote);
        if (c == '\\' && quote == '"') || (c == quote && doubled) {
            inside.next();
        } else if c == quote {
            let rest = text[at + 2..].trim_start();
            return !rest.is_empty() && !rest.starts_with([':', '#']);
        }
    }
    false
}

fn without_quotes(text: &str) -> &str {
    let inside = |quote| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(text)
}
