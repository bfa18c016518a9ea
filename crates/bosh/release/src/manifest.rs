//! `release.MF`.

use serde::Deserialize;

/// The manifest of a release tarball.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct ReleaseManifest {
    /// Its name.
    pub name: String,
    /// Its version; a text, whatever it looks like.
    pub version: String,
    /// The commit that it was made of.
    #[serde(default)]
    pub commit_hash: Option<String>,
    /// Whether files were there that the commit does not have.
    #[serde(default)]
    pub uncommitted_changes: Option<bool>,
    /// Its jobs.
    #[serde(default)]
    pub jobs: Option<Vec<JobEntry>>,
    /// Its packages as source.
    #[serde(default)]
    pub packages: Option<Vec<PackageEntry>>,
    /// Its packages as they were compiled for one stemcell.
    #[serde(default)]
    pub compiled_packages: Option<Vec<CompiledPackageEntry>>,
}

/// A job in the manifest.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct JobEntry {
    /// Its name.
    pub name: String,
    /// What tells its content from any other's.
    #[serde(default)]
    pub fingerprint: String,
    /// The older name of the fingerprint.
    #[serde(default)]
    pub version: String,
    /// The digest of its archive.
    pub sha1: String,
    /// The packages that it needs; older releases have them in `job.MF` only.
    #[serde(default)]
    pub packages: Option<Vec<String>>,
}

/// A package in the manifest.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PackageEntry {
    /// Its name.
    pub name: String,
    /// What tells its content from any other's.
    #[serde(default)]
    pub fingerprint: String,
    /// The older name of the fingerprint.
    #[serde(default)]
    pub version: String,
    /// The digest of its archive.
    pub sha1: String,
    /// The packages that it needs.
    #[serde(default)]
    pub dependencies: Option<Vec<String>>,
}

/// A compiled package in the manifest.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CompiledPackageEntry {
    /// What it has in common with one that is source.
    #[serde(flatten)]
    pub package: PackageEntry,
    /// The stemcell that it was compiled for: `ubuntu-jammy/1.484`.
    pub stemcell: String,
}
