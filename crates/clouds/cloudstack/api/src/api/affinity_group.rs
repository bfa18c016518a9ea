//! Affinity groups: which VMs are kept apart, or together.

use super::Other;
use serde::{Deserialize, Serialize};

/// Finds affinity groups.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListAffinityGroups {
    /// By exact name.
    pub name: Option<String>,
}

/// Makes an affinity group. A name that its account has already is refused with 431.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CreateAffinityGroup {
    /// Its name, unique in its account.
    pub name: String,
    /// `host anti-affinity`, `host affinity`, and since 4.18 the same after `non-strict `. One
    /// that the cloud does not have is refused with 431.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is for.
    pub description: Option<String>,
}

/// Deletes an affinity group, also one with VMs in it: they are in no group then.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeleteAffinityGroup {
    /// The group.
    pub id: String,
}

/// An affinity group.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct AffinityGroup {
    /// Its id.
    pub id: String,
    /// Its name, unique in its account.
    pub name: String,
    /// `host anti-affinity` …
    #[serde(rename = "type", default)]
    pub kind: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The ids of the VMs in it.
    #[serde(rename = "virtualmachineIds", default, skip_serializing_if = "Vec::is_empty")]
    pub vms: Vec<String>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
