//! Where releases and stemcells are.

use super::fields::Fields;
use std::fmt;
use std::path::{Path, PathBuf};
use url::Url;

/// Where a tarball is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// On this machine.
    File(PathBuf),
    /// On a web server. May hold a password: see its [`fmt::Display`].
    Http(Url),
}

/// A tarball with its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tarball {
    /// Where it is.
    pub location: Location,
    /// The URL as the manifest has it; the CLI's cache of downloads is keyed by it.
    pub url: String,
    /// One digest or several, joined by `;`. Empty only for files, of which it is not checked.
    pub sha1: String,
}

/// From where relative paths count.
#[derive(Clone, Copy, Debug)]
pub struct Folders<'a> {
    /// The manifest's folder: `file://x` is relative to it.
    pub manifest: &'a Path,
    /// What `file://~/x` is relative to.
    pub home: Option<&'a Path>,
}

impl Tarball {
    /// Reads `url` and `sha1`; nothing if one is wrong.
    pub(super) fn read(fields: &Fields<'_>, folders: Folders<'_>) -> Option<Tarball> {
        let url = fields.required_text("url");
        let sha1 = fields.text("sha1");
        if url.trim().is_empty() {
            return None;
        }
        let location = Location::parse(&url, folders);
        if let Err(problem) = &location {
            fields.problem("url", *problem);
        }
        if matches!(location, Ok(Location::Http(_))) && sha1.trim().is_empty() {
            fields.problem("sha1", "is required for a download");
        }
        Some(Tarball { location: location.ok()?, url, sha1 })
    }
}

impl Location {
    /// Reads `file://…`, `http://…` or `https://…`.
    fn parse(url: &str, folders: Folders<'_>) -> Result<Location, &'static str> {
        if let Some(path) = url.strip_prefix("file://") {
            let below_home = path.strip_prefix("~/").or(if path == "~" { Some("") } else { None });
            return match (below_home, folders.home) {
                (Some(path), Some(home)) => Ok(Location::File(home.join(path))),
                (Some(_), None) => Err("starts with ~, but HOME is not set"),
                (None, _) => Ok(Location::File(folders.manifest.join(path))),
            };
        }
        if url.starts_with("http://") || url.starts_with("https://") {
            return Url::parse(url).map(Location::Http).map_err(|_| "must be a valid URL");
        }
        Err("must be a URL: file:///absolute/path, file://path/beside/the/manifest, or http(s)://…")
    }
}

/// Without a password.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::File(path) => path.display().fmt(f),
            Location::Http(url) => f.write_str(&without_password(url)),
        }
    }
}

/// A URL as it may be shown.
fn without_password(url: &Url) -> String {
    let mut url = url.clone();
    if url.password().is_some() && url.set_password(Some("redacted")).is_err() {
        return "(URL)".to_owned();
    }
    url.to_string()
}
