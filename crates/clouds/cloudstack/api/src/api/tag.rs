//! Tags.

use super::Other;
use serde::{Deserialize, Serialize};

/// What kind of resource a tag is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaggedType {
    /// A VM.
    UserVm,
    /// A volume.
    Volume,
    /// A snapshot.
    Snapshot,
    /// A template.
    Template,
    /// A public address.
    PublicIpAddress,
}

/// Adds tags. A key that is there already fails the job: there is no upsert.
#[derive(Debug, Clone, Serialize)]
pub struct CreateTags {
    /// On what kind of resource.
    pub resourcetype: TaggedType,
    /// On which ones, by id.
    pub resourceids: Vec<String>,
    /// The tags.
    pub tags: Vec<TagPair>,
}

/// Removes tags by key. A key that is not there fails the job.
#[derive(Debug, Clone, Serialize)]
pub struct DeleteTags {
    /// From what kind of resource.
    pub resourcetype: TaggedType,
    /// From which ones, by id.
    pub resourceids: Vec<String>,
    /// The keys.
    pub tags: Vec<TagKey>,
}

/// A tag to add: key and value at most 255 characters, the value not empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagPair {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// A tag to remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagKey {
    /// Its key.
    pub key: String,
}

/// A tag as resources show it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    #[serde(default)]
    pub value: String,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
