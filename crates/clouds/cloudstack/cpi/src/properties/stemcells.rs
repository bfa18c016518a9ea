//! The plugin's `stemcell`: how stemcells come in, and what their templates are made as.

use cpi_kit::properties::{ImageServerProperties, S3Properties};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// How stemcells come in, and what their templates are made as.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct StemcellDefaults {
    /// The way of an image into the cloud. A light stemcell needs none.
    pub route: StemcellRoute,
    /// For the route `url`: where the operator has put the image, from where CloudStack can
    /// fetch it, such as `https://images.example.com/{name}-{version}.{extension}`. What may
    /// stand in it: `{name}` and `{version}` of the stemcell, `{sha1}` and `{sha256}` of the
    /// image, and `{extension}`, one that CloudStack takes for it (`qcow2`, `vhd.bz2` …).
    pub url_template: Option<String>,
    /// For the route `url`: an image server of this project, on which the image is published
    /// while CloudStack fetches it.
    pub image_server: ImageServerProperties,
    /// For the route `url`: an S3-compatible bucket, in which the image is put while CloudStack
    /// fetches it.
    pub s3: S3Properties,
    /// The zones in which the template shall be, by name or id; `default_zone` without.
    pub zones: Vec<String>,
    /// Let every account use the template.
    pub public_visibility: bool,
    /// Put the template forward in lists. For the keys of an admin.
    pub featured: bool,
    /// The template needs hardware virtualisation.
    pub requires_hvm: bool,
    /// The OS type's description, which decides how the disks are driven: on KVM one with virtio
    /// disks. Without, the stemcell's Ubuntu release or the newest that the cloud has, else
    /// `Other PV (64-bit)`.
    pub os_type: Option<String>,
    /// Use a template again that this director has made of the same image, in the same zones.
    /// Deleting one of its stemcells leaves it to the others.
    pub reuse: bool,
    /// An `agent.json` of one's own, as an object or as text, for every qcow2 and raw image:
    /// where its agent looks for its settings. Without, an image for OpenStack gets what works
    /// on CloudStack, and others keep theirs.
    pub agent_json: Option<Value>,
    /// For the route `volume`.
    pub volume: VolumeRoute,
}

/// The route `volume`: for a CPI that runs on a VM of the cloud, with the right to write on its
/// disks.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct VolumeRoute {
    /// The id of the VM that the CPI runs on. Without, the firmware is asked (as root), else the
    /// virtual router.
    pub vm: Option<String>,
    /// The disk offering of the volume, by name or id. Without, `default_offer.disk` or
    /// `default_offer.custom_disk`.
    pub disk_offering: Option<String>,
    /// Where the kernel shows disks by their serials.
    pub device_directory: String,
    /// How long an attached volume may take to appear there, in seconds.
    pub device_timeout: u64,
}

impl Default for VolumeRoute {
    fn default() -> Self {
        Self {
            vm: None,
            disk_offering: None,
            device_directory: "/dev/disk/by-id".to_owned(),
            device_timeout: 120,
        }
    }
}

impl VolumeRoute {
    /// How long an attached volume may take to appear.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.device_timeout)
    }
}

/// The way of an image into the cloud.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StemcellRoute {
    /// `url` where there is a `url_template`, an `image_server` or an `s3` bucket, else `upload`.
    /// The log says which and why.
    #[default]
    Auto,
    /// None: only light stemcells are taken.
    Light,
    /// Straight to the cloud's secondary-storage VM.
    Upload,
    /// CloudStack fetches it.
    Url,
    /// Onto a volume of the VM that the CPI runs on.
    Volume,
}

impl Default for StemcellDefaults {
    fn default() -> Self {
        Self {
            route: StemcellRoute::Auto,
            url_template: None,
            image_server: ImageServerProperties::default(),
            s3: S3Properties::default(),
            zones: Vec::new(),
            public_visibility: true,
            featured: false,
            requires_hvm: true,
            os_type: None,
            reuse: false,
            agent_json: None,
            volume: VolumeRoute::default(),
        }
    }
}
