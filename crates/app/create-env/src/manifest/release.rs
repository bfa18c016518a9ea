//! `releases`.

use super::fields::Fields;
use super::location::{Folders, Tarball};
use std::collections::BTreeSet;

/// A release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Must be the name in its tarball.
    pub name: String,
    /// Where it comes from.
    pub tarball: Tarball,
}

/// A job of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobReference {
    /// The job's name.
    pub name: String,
    /// The release's name.
    pub release: String,
}

pub(super) fn read(root: &Fields<'_>, folders: Folders<'_>) -> (Vec<Release>, BTreeSet<String>) {
    let mut names = BTreeSet::new();
    let mut releases = Vec::new();
    for fields in root.maps("releases") {
        fields.pass(&["version"]);
        let name = fields.required_text("name");
        if !name.is_empty() && !names.insert(name.clone()) {
            fields.problem("name", format!("must be unique: '{name}' is there twice"));
        }
        if let Some(tarball) = Tarball::read(&fields, folders) {
            releases.push(Release { name, tarball });
        }
    }
    (releases, names)
}

impl JobReference {
    /// Reads `name` and `release`, which must be one of these.
    pub(super) fn read(fields: &Fields<'_>, releases: &BTreeSet<String>) -> JobReference {
        let name = fields.required_text("name");
        let release = fields.required_text("release");
        if !release.trim().is_empty() && !releases.contains(&release) {
            fields.problem(
                "release",
                format!("'{release}' must be the name of a release in releases"),
            );
        }
        JobReference { name, release }
    }
}
