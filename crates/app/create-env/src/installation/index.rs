//! Which packages are compiled: `compiled_packages.json`, which the CLI reads and writes, too.
//!
//! Source: bosh-cli `state/pkg/compiled_package_repo.go`, `index/file_index.go`.

use crate::error::Error;
use crate::files;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The index of an installation.
#[derive(Debug)]
pub(crate) struct Index {
    path: PathBuf,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    #[serde(rename = "Key")]
    key: Key,
    #[serde(rename = "Value")]
    value: Compiled,
}

/// What a package was compiled from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Key {
    pub package_name: String,
    pub package_fingerprint: String,
    pub dependency_key: String,
}

/// Where a compiled package is: in `blobs/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Compiled {
    #[serde(rename = "BlobID")]
    pub blob_id: String,
    #[serde(rename = "BlobSHA1")]
    pub sha1: String,
}

impl Index {
    /// Reads it; one that is not there, or not readable, is empty.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("compiled_packages.json");
        let bytes = files::read_if_exists(&path).map_err(Error::file(&path))?;
        let entries = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Ok(Self { path, entries: entries.unwrap_or_default() })
    }

    /// The compiled package of this key.
    pub fn find(&self, key: &Key) -> Option<&Compiled> {
        self.entries.iter().find(|entry| entry.key == *key).map(|entry| &entry.value)
    }

    /// Adds one, on disk.
    pub fn add(&mut self, key: Key, value: Compiled) -> Result<(), Error> {
        self.entries.retain(|entry| entry.key != key);
        self.entries.push(Entry { key, value });
        let bytes = serde_json::to_vec(&self.entries).map_err(std::io::Error::from);
        let bytes = bytes.map_err(Error::file(&self.path))?;
        files::replace(&self.path, &bytes).map_err(Error::file(&self.path))
    }
}
