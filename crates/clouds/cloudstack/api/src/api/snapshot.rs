//! Volume snapshots.

use super::{Other, Tag, TagPair, Time};
use serde::{Deserialize, Serialize};

/// Finds snapshots.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListSnapshots {
    /// By id.
    pub id: Option<String>,
    /// By exact name.
    pub name: Option<String>,
    /// Of this volume.
    pub volumeid: Option<String>,
    /// Everything the caller may see, not only its own.
    pub listall: Option<bool>,
}

/// Takes a snapshot. The volume must be Ready, so it must have been attached once.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CreateSnapshot {
    /// Of this volume.
    pub volumeid: String,
    /// Its name; not unique.
    pub name: Option<String>,
    /// Its tags.
    pub tags: Vec<TagPair>,
    /// Let the job end before the copy to secondary storage.
    pub asyncbackup: Option<bool>,
}

/// Deletes a snapshot.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeleteSnapshot {
    /// The snapshot.
    pub id: String,
}

/// A snapshot.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its id.
    pub id: String,
    /// Its name; not unique.
    #[serde(default)]
    pub name: String,
    /// `BackingUp`, `BackedUp`, `Error` …
    #[serde(default)]
    pub state: String,
    /// The volume it was taken of.
    #[serde(default)]
    pub volumeid: String,
    /// When it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Time>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
