//! Templates: what BOSH calls stemcells.

use super::{Other, Tag};
use serde::{Deserialize, Serialize};

/// Finds templates, a row per template and zone.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListTemplates {
    /// `executable`: every ready one that the caller may use; `self`, `all` (admin) …
    pub templatefilter: String,
    /// By id.
    pub id: Option<String>,
    /// By exact name.
    pub name: Option<String>,
    /// In this zone.
    pub zoneid: Option<String>,
}

/// Deletes a template, in every zone unless one is named.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeleteTemplate {
    /// The template.
    pub id: String,
    /// In this zone only.
    pub zoneid: Option<String>,
}

/// A template in a zone.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Template {
    /// Its id, the same in every zone.
    pub id: String,
    /// Its name; not unique.
    pub name: String,
    /// `QCOW2`, `VHD`, `RAW`, `OVA`.
    #[serde(default)]
    pub format: String,
    /// `KVM`, `XenServer`, `VMware`, `Simulator`.
    #[serde(default)]
    pub hypervisor: String,
    /// Whether a VM can be made from it now.
    #[serde(default)]
    pub isready: bool,
    /// Whether every account sees it.
    #[serde(default)]
    pub ispublic: bool,
    /// Progress or failure, for its owner and admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Its virtual size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The zone of this row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zoneid: Option<String>,
    /// That zone's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zonename: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
