//! Service and disk offerings.

use super::Other;
use serde::{Deserialize, Serialize};

/// Finds service offerings.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListServiceOfferings {
    /// By id.
    pub id: Option<String>,
    /// By exact name.
    pub name: Option<String>,
    /// Those that can be used in this zone.
    pub zoneid: Option<String>,
}

/// A service offering: the size of a VM.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ServiceOffering {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Cores; None where the caller chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpunumber: Option<u64>,
    /// MHz per core; None where the caller chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpuspeed: Option<u64>,
    /// Memory in MiB; None where the caller chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Whether the caller chooses cores and memory.
    #[serde(default)]
    pub iscustomized: bool,
    /// `shared` or `local`.
    #[serde(default)]
    pub storagetype: String,
    /// Storage tags, comma-separated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storagetags: Option<String>,
    /// Host tags, comma-separated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosttags: Option<String>,
    /// The limits of a constrained custom offering (`mincpunumber`, `maxmemory` …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serviceofferingdetails: Option<Other>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// Finds disk offerings.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListDiskOfferings {
    /// By id.
    pub id: Option<String>,
    /// By exact name.
    pub name: Option<String>,
    /// Those that can be used in this zone.
    pub zoneid: Option<String>,
}

/// A disk offering: the size and kind of a volume.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DiskOffering {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The size in GiB; 0 where the caller chooses.
    #[serde(default)]
    pub disksize: u64,
    /// Whether the caller chooses the size.
    #[serde(default)]
    pub iscustomized: bool,
    /// Whether the caller chooses minimum and maximum IOPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iscustomizediops: Option<bool>,
    /// `shared` or `local`.
    #[serde(default)]
    pub storagetype: String,
    /// Storage tags, comma-separated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
