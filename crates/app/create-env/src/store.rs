//! `--vars-store`: generated values in a YAML file, which the CLI reads and writes, too.

use crate::files;
use bosh_manifest::variables::{Store, StoreError};
use bosh_manifest::{Map, Value, yaml};
use std::path::{Path, PathBuf};

/// A store in a file. It is replaced at once whenever a value is added, and is its owner's alone.
#[derive(Debug)]
pub struct VarsStore {
    path: PathBuf,
    values: Map,
}

impl VarsStore {
    /// Reads a store. The file need not exist yet.
    pub fn open(path: &Path) -> Result<VarsStore, StoreError> {
        let error = |problem: String| StoreError(format!("{}: {problem}", path.display()));
        let bytes = files::read_if_exists(path).map_err(|e| error(e.to_string()))?;
        let text = String::from_utf8(bytes.unwrap_or_default());
        let text = text.map_err(|_| error("not valid UTF-8".to_owned()))?;
        let values = match yaml::parse(&text).map_err(|e| error(e.to_string()))? {
            Value::Null => Map::new(),
            Value::Map(map) => map,
            other => {
                return Err(error(format!("must be a map of variables, found {}", other.kind())));
            }
        };
        Ok(VarsStore { path: path.to_owned(), values })
    }
}

impl Store for VarsStore {
    fn values(&self) -> &Map {
        &self.values
    }

    fn insert(&mut self, name: &str, value: Value) -> Result<(), StoreError> {
        let mut values = self.values.clone();
        values.insert(name.into(), value);
        let text = yaml::write(&Value::Map(values.clone()));
        files::replace(&self.path, text.as_bytes())
            .map_err(|error| StoreError(format!("{}: {error}", self.path.display())))?;
        self.values = values;
        Ok(())
    }
}
