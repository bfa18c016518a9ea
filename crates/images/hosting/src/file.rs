//! A file on its way.

use crate::PublishError;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A file to be published, and what is known of it.
#[derive(Debug, Clone)]
pub struct ImageFile {
    path: PathBuf,
    bytes: u64,
    sha256: Option<String>,
}

impl ImageFile {
    /// A file, and its SHA-256 in hexadecimal where that is known: places that can check it do.
    ///
    /// # Errors
    /// `File` if there is none.
    pub fn new(path: &Path, sha256: Option<&str>) -> Result<Self, PublishError> {
        let failed = |reason| PublishError::File { path: path.to_owned(), reason };
        let there = std::fs::metadata(path).map_err(failed)?;
        if !there.is_file() {
            return Err(failed(std::io::Error::other("not a regular file")));
        }
        Ok(Self {
            path: path.to_owned(),
            bytes: there.len(),
            sha256: sha256.map(str::to_ascii_lowercase),
        })
    }

    /// Its length in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its SHA-256 in lower-case hexadecimal, where somebody told it.
    pub fn sha256(&self) -> Option<&str> {
        self.sha256.as_deref()
    }

    /// Opens so many bytes of it.
    pub(crate) fn piece(&self, offset: u64, length: u64) -> Result<impl Read, PublishError> {
        let failed = |reason| PublishError::File { path: self.path.clone(), reason };
        let mut file = File::open(&self.path).map_err(failed)?;
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        Ok(file.take(length))
    }
}
