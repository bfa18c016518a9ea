//! A cloud that is large from the start, for who measures.

use schemars::JsonSchema;
use serde::Deserialize;

/// So many rows of each kind, beside those that the world names. They are there at once.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PopulationSpec {
    /// The account that owns them, by name.
    pub account: String,
    /// Their zone, by name; an advanced one.
    pub zone: String,
    /// VMs that run, each with a root disk and one NIC.
    #[serde(default)]
    pub vms: usize,
    /// Volumes: root disks, and data disks that are attached to nothing.
    #[serde(default)]
    pub volumes: usize,
    /// Isolated networks; more if the VMs need them, of which each takes 200.
    #[serde(default)]
    pub networks: usize,
    /// Service offerings.
    #[serde(default)]
    pub service_offerings: usize,
    /// Templates.
    #[serde(default)]
    pub templates: usize,
}
