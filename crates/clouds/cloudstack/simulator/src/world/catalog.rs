//! What a cloud offers: sizes of VMs and disks, templates, OS types.

use schemars::JsonSchema;
use serde::Deserialize;

/// Where an offering keeps its disks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    /// On storage that all hosts of a cluster share.
    #[default]
    Shared,
    /// On the host.
    Local,
}

impl Storage {
    /// As `storagetype` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Local => "local",
        }
    }
}

/// A service offering. Without cores and memory the caller chooses them.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceOfferingSpec {
    /// Its name.
    pub name: String,
    /// What people see; its name without.
    #[serde(default)]
    pub display_text: Option<String>,
    /// Its id; a fresh one without.
    #[serde(default)]
    pub id: Option<String>,
    /// Cores.
    #[serde(default)]
    pub cores: Option<u64>,
    /// MHz per core.
    #[serde(default)]
    pub mhz: Option<u64>,
    /// Memory in MiB.
    #[serde(default)]
    pub memory: Option<u64>,
    /// What the caller may choose, where it may not choose freely.
    #[serde(default)]
    pub between: Option<Between>,
    /// The root disk's size in GiB; 0 is the template's.
    #[serde(default)]
    pub root_disk: u64,
    /// Where the root disk is.
    #[serde(default)]
    pub storage: Storage,
    /// Host tags.
    #[serde(default)]
    pub host_tags: Option<String>,
    /// Storage tags.
    #[serde(default)]
    pub storage_tags: Option<String>,
}

impl ServiceOfferingSpec {
    /// What people see.
    pub fn display_text(&self) -> &str {
        self.display_text.as_deref().unwrap_or(&self.name)
    }

    /// Whether the caller chooses cores and memory.
    pub fn is_custom(&self) -> bool {
        self.cores.is_none() || self.memory.is_none()
    }
}

/// The limits of a constrained custom offering.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// Fewest cores.
    pub min_cores: u64,
    /// Most cores.
    pub max_cores: u64,
    /// Least memory in MiB.
    pub min_memory: u64,
    /// Most memory in MiB.
    pub max_memory: u64,
}

/// A disk offering. Without a size the caller chooses it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiskOfferingSpec {
    /// Its name.
    pub name: String,
    /// What it is for; its name without.
    #[serde(default)]
    pub display_text: Option<String>,
    /// Its id; a fresh one without.
    #[serde(default)]
    pub id: Option<String>,
    /// Its size in GiB.
    #[serde(default)]
    pub size: Option<u64>,
    /// Whether the caller chooses IOPS.
    #[serde(default)]
    pub custom_iops: bool,
    /// Where the disks are.
    #[serde(default)]
    pub storage: Storage,
    /// Storage tags; a tag that no pool has makes the offering unusable.
    #[serde(default)]
    pub tags: Option<String>,
}

/// A template that is there from the start, in every zone.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateSpec {
    /// Its name.
    pub name: String,
    /// Its id; a fresh one without.
    #[serde(default)]
    pub id: Option<String>,
    /// Its OS type, by description.
    pub os_type: String,
    /// `QCOW2`, `VHD`, `RAW`, `OVA`.
    pub format: String,
    /// `KVM`, `XenServer`, `VMware`, `Simulator`.
    pub hypervisor: String,
    /// Its size in GiB.
    pub size: u64,
    /// Where it came from.
    #[serde(default)]
    pub url: Option<String>,
}

/// An OS type.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OsTypeSpec {
    /// Its description: `Ubuntu 22.04 LTS`.
    pub name: String,
    /// Its id; a fresh one without.
    #[serde(default)]
    pub id: Option<String>,
    /// Its category: `Ubuntu`.
    pub category: String,
    /// The category's id; a fresh one without.
    #[serde(default)]
    pub category_id: Option<String>,
}
