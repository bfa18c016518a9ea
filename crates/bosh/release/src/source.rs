//! Where a release or a stemcell comes from: a file, or a web server through the cache that is
//! shared with the bosh CLI.
//!
//! Source: bosh-cli `installation/tarball/provider.go`, `cache.go`.

use crate::digest::hex;
use crate::{Digests, ReleaseError, download};
use sha1::{Digest as _, Sha1};
use std::fs;
use std::path::{Path, PathBuf};

/// Where a tarball comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file of this machine. Its digest is not checked, as the CLI does not either: who builds
    /// a release anew has a stale one.
    File(PathBuf),
    /// A web server's.
    Web {
        /// `http://…` or `https://…`; may hold user and password.
        url: String,
        /// What its bytes must be.
        digests: Digests,
        /// The digests as they were written, which are part of the name in the cache.
        written: String,
    },
}

/// Told of a download: the bytes that are here, and how many there are if the server says.
pub type Progress<'a> = &'a mut dyn FnMut(u64, Option<u64>);

/// A tarball that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where.
    pub path: PathBuf,
    /// Whether it was in the cache, or is a file anyway.
    pub found: bool,
}

impl Source {
    /// Reads a URL, whose `~` and relative paths are resolved already, and the digest beside it.
    ///
    /// # Errors
    /// `InvalidUrl`, `InvalidDigest`.
    pub fn parse(url: &str, sha1: &str) -> Result<Self, ReleaseError> {
        if let Some(path) = url.strip_prefix("file://") {
            return Ok(Self::File(path.into()));
        }
        if url.starts_with("http://") || url.starts_with("https://") {
            let digests = sha1.parse()?;
            return Ok(Self::Web { url: url.to_owned(), digests, written: sha1.to_owned() });
        }
        Err(ReleaseError::InvalidUrl(url.to_owned()))
    }

    /// Brings it here. `cache` is `$HOME/.bosh/downloads`.
    ///
    /// # Errors
    /// `Download`, `WrongDigest`, `File`. Nothing half is left in the cache.
    pub fn fetch(&self, cache: &Path, progress: Progress<'_>) -> Result<Fetched, ReleaseError> {
        let (url, digests, written) = match self {
            Self::File(path) => {
                fs::metadata(path).map_err(ReleaseError::file(path))?;
                return Ok(Fetched { path: path.clone(), found: true });
            }
            Self::Web { url, digests, written } => (url, digests, written),
        };
        let key = hex(&Sha1::digest(url.as_bytes()));
        let path = cache.join(format!("{key}-{}", written.replace('/', "_")));
        if path.exists() && digests.verify_file(&path).is_ok() {
            return Ok(Fetched { path, found: true });
        }
        fs::create_dir_all(cache).map_err(ReleaseError::file(cache))?;
        let partial = download::download(url, digests, cache, progress)?;
        partial
            .persist(&path)
            .map_err(|error| ReleaseError::File { path: path.clone(), error: error.error })?;
        Ok(Fetched { path, found: false })
    }
}
