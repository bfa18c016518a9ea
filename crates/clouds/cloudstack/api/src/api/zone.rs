//! Zones.

use super::Other;
use serde::{Deserialize, Serialize};

/// Finds zones.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListZones {
    /// By id.
    pub id: Option<String>,
    /// By exact name.
    pub name: Option<String>,
}

/// A zone.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Zone {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `Basic` or `Advanced`.
    pub networktype: String,
    /// Whether VMs are guarded by security groups.
    #[serde(default)]
    pub securitygroupsenabled: bool,
    /// Whether offerings on local storage work here.
    #[serde(default)]
    pub localstorageenabled: bool,
    /// `Enabled` or `Disabled`.
    #[serde(default)]
    pub allocationstate: String,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

impl Zone {
    /// Whether it is an edge zone (4.18 and later), which has no secondary storage: templates are
    /// downloaded to its hosts' own.
    pub fn is_edge(&self) -> bool {
        self.other.get("type").and_then(|kind| kind.as_str()) == Some("Edge")
    }
}
