//! `cloud_properties` of stemcells, as they stand in stemcell.MF.

use super::{Ignored, Refusing};
use schemars::JsonSchema;
use serde::Deserialize;

/// Which template a light stemcell stands for.
///
/// A light stemcell is made with `bosh repack-stemcell --empty-image --format cloudstack-light
/// --cloud-properties '{"template_id":"…"}'`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct StemcellProperties {
    /// The template's id.
    pub template_id: Option<String>,
    /// The template's name or id, instead of `template_id`.
    #[serde(alias = "light_template", alias = "template_name")]
    pub template: Option<String>,

    /// What every stemcell tells of itself; a light one needs none of it.
    #[schemars(skip)]
    pub name: Ignored,
    /// As `name`.
    #[schemars(skip)]
    pub version: Ignored,
    /// As `name`.
    #[schemars(skip)]
    pub infrastructure: Ignored,
    /// As `name`.
    #[schemars(skip)]
    pub hypervisor: Ignored,
    /// As `name`.
    #[schemars(skip)]
    pub disk: Ignored,
    /// As `name`.
    #[schemars(skip)]
    pub disk_format: Ignored,
    /// As `name`.
    #[schemars(skip)]
    pub container_format: Ignored,
    /// As `name`.
    #[schemars(skip)]
    pub os_type: Ignored,
    /// As `name`.
    #[schemars(skip)]
    pub os_distro: Ignored,
    /// As `name`.
    #[schemars(skip)]
    pub architecture: Ignored,
    /// As `name`.
    #[schemars(skip)]
    pub auto_disk_config: Ignored,
    /// As `name`.
    #[schemars(skip)]
    pub root_device_name: Ignored,
}

impl Refusing for StemcellProperties {
    fn later(&self) -> Vec<&'static str> {
        Vec::new()
    }
}
