//! Checksums, kept beside the files.

use super::{Entry, SUMS_FOLDER, Store};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// The checksums of a file, in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    pub md5: String,
    pub sha1: String,
    pub sha256: String,
    /// Of which file they are: its length and its time. Somebody may have put another in its
    /// place by hand.
    bytes: u64,
    modified: u64,
}

impl Sums {
    pub fn new(md5: String, sha1: String, sha256: String, of: &Entry) -> Self {
        Self { md5, sha1, sha256, bytes: of.bytes, modified: nanos(of.modified) }
    }
}

fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

impl Store {
    /// The checksums of a file, where it came over us.
    pub fn sums(&self, of: &Entry) -> Option<Sums> {
        let bytes = fs::read(self.sums_path(&of.name)).ok()?;
        let sums: Sums = serde_json::from_slice(&bytes).ok()?;
        (sums.bytes == of.bytes && sums.modified == nanos(of.modified)).then_some(sums)
    }

    pub(super) fn write_sums(&self, name: &str, sums: &Sums) -> io::Result<()> {
        let json = serde_json::to_vec(sums).map_err(io::Error::other)?;
        let path = self.sums_path(name);
        let mut beside = tempfile::NamedTempFile::new_in(self.folder().join(SUMS_FOLDER))?;
        io::Write::write_all(&mut beside, &json)?;
        beside.persist(path)?;
        Ok(())
    }

    pub(super) fn remove_sums(&self, name: &str) {
        // Without their file they say nothing, and are removed with the next sweep.
        if let Err(error) = fs::remove_file(self.sums_path(name)) {
            tracing::debug!("the checksums of {name}: {error}");
        }
    }

    fn sums_path(&self, name: &str) -> PathBuf {
        self.folder().join(SUMS_FOLDER).join(name)
    }
}
