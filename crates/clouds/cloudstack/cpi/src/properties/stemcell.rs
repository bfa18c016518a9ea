//! `cloud_properties` of stemcells, as they stand in stemcell.MF.

use super::examples;
use cpi_kit::properties::{Ignored, RejectUnsupported};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// What a stemcell tells of itself, and which template a light one stands for.
///
/// A light stemcell is made with `bosh repack-stemcell --empty-image --format cloudstack-light
/// --cloud-properties '{"template_id":"…"}'`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(transform = examples::of(examples::STEMCELL))]
pub struct StemcellProperties {
    /// The template's id.
    pub template_id: Option<String>,
    /// The template's name or id, instead of `template_id`.
    #[serde(alias = "light_template", alias = "template_name")]
    pub template: Option<String>,

    /// The stemcell's name, such as `bosh-openstack-kvm-ubuntu-noble`. It tells the Ubuntu
    /// release, from which the OS type is chosen.
    pub name: Option<String>,
    /// The stemcell's version.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub version: Value,
    /// The hypervisor it is made for: `kvm`, `xen`, `vmware`.
    pub hypervisor: Option<String>,
    /// `x86_64` or `aarch64`.
    pub architecture: Option<String>,
    /// The SHA-1 of the image, to be checked before it is sent.
    pub sha1: Option<String>,
    /// The SHA-256 of the image, to be checked before it is sent.
    pub sha256: Option<String>,
    /// The cloud it is made for. An image for `openstack` or `vsphere` is changed on its way, such
    /// that its agent finds its settings on CloudStack.
    pub infrastructure: Option<String>,

    /// What every stemcell tells of itself, and nobody here needs.
    #[schemars(skip)]
    pub disk: Ignored,
    /// As `disk`.
    #[schemars(skip)]
    pub disk_format: Ignored,
    /// As `disk`.
    #[schemars(skip)]
    pub container_format: Ignored,
    /// As `disk`.
    #[schemars(skip)]
    pub os_type: Ignored,
    /// As `disk`.
    #[schemars(skip)]
    pub os_distro: Ignored,
    /// As `disk`.
    #[schemars(skip)]
    pub auto_disk_config: Ignored,
    /// As `disk`.
    #[schemars(skip)]
    pub root_device_name: Ignored,
}

impl RejectUnsupported for StemcellProperties {
    fn later(&self) -> Vec<&'static str> {
        Vec::new()
    }
}
