//! A package of a release.

use std::path::PathBuf;

/// A package of a release.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// What tells its content from any other's.
    pub fingerprint: String,
    /// The digest of its archive, as the manifest has it.
    pub digest: String,
    /// The packages of the same release that it needs, by name.
    pub dependencies: Vec<String>,
    /// Whether it is source.
    pub kind: PackageKind,
    /// Where its archive is.
    pub archive: PathBuf,
}

/// What is in a package's archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageKind {
    /// Source, with a script that compiles it.
    Source,
    /// What was compiled for a stemcell.
    Compiled {
        /// Its operating system: `ubuntu-jammy`.
        os: String,
        /// Its version; empty where the release does not say.
        version: String,
    },
}
