//! `cloud_properties` of stemcells, as they stand in stemcell.MF, and the object storage through
//! which heavy ones come in.

use super::{Ignored, RejectUnsupported};
use cloud_http::Secret;
use cpi_kit::properties::S3Properties;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What a stemcell tells of itself, and which image a light one stands for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "SoftLayerStemcell")]
pub struct StemcellProperties {
    /// Light: the image's id.
    #[serde(rename = "virtual-disk-image-id", deserialize_with = "id")]
    #[schemars(with = "Option<u64>", example = 1_234_567)]
    pub image_id: Option<u64>,
    /// Light: the image's UUID (global identifier), instead of its id or beside it.
    #[serde(rename = "virtual-disk-image-uuid")]
    pub image_uuid: Option<String>,
    /// Heavy: the operating system as SoftLayer names it. Default: by the stemcell's name.
    #[serde(rename = "os-code")]
    #[schemars(example = &"UBUNTU_22_64")]
    pub os_code: Option<String>,
    /// Heavy: data centers to copy the image to, beside the one where it is imported. VMs can be
    /// made from it everywhere, but sooner where it is.
    pub datacenters: Vec<String>,

    /// The stemcell's name, such as `bosh-softlayer-xen-ubuntu-jammy-go_agent`.
    pub name: Option<String>,
    /// The stemcell's version.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub version: Value,
    /// `softlayer` or `bluemix`.
    pub infrastructure: Option<String>,
    /// The SHA-1 of the image, to be checked before it is sent.
    pub sha1: Option<String>,
    /// The SHA-256 of the image, to be checked before it is sent.
    pub sha256: Option<String>,

    /// Go release: the data center of the Swift account.
    #[serde(rename = "datacenter-name")]
    #[schemars(skip)]
    pub datacenter_name: Ignored,
    /// What every stemcell tells of itself, and nobody here needs.
    #[schemars(skip)]
    pub source_url: Ignored,
    /// As `source_url`.
    #[schemars(skip)]
    pub hypervisor: Ignored,
    /// As `source_url`.
    #[schemars(skip)]
    pub disk: Ignored,
    /// As `source_url`.
    #[schemars(skip)]
    pub disk_format: Ignored,
    /// As `source_url`.
    #[schemars(skip)]
    pub container_format: Ignored,
    /// As `source_url`.
    #[schemars(skip)]
    pub os_type: Ignored,
    /// As `source_url`.
    #[schemars(skip)]
    pub os_distro: Ignored,
    /// As `source_url`.
    #[schemars(skip)]
    pub architecture: Ignored,
    /// As `source_url`.
    #[schemars(skip)]
    pub root_device_name: Ignored,
}

/// A number, as a number or as text; 0 and the empty text are none, as older stemcells have it.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let id = match Value::deserialize(deserializer)? {
        Value::Null => Some(0),
        Value::Number(number) => number.as_u64(),
        Value::String(text) if text.trim().is_empty() => Some(0),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match id {
        Some(0) => Ok(None),
        Some(id) => Ok(Some(id)),
        None => Err(serde::de::Error::custom("expected an image's id, a number")),
    }
}

impl RejectUnsupported for StemcellProperties {
    fn later(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

/// How heavy stemcells come in: through a bucket of IBM Cloud Object Storage, from which
/// SoftLayer imports them, and out of which they are taken again.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "SoftLayerStemcells")]
pub struct StemcellDefaults {
    /// The bucket, with HMAC keys to it. Without one, only light stemcells are taken.
    pub s3: S3Properties,
    /// Where SoftLayer finds the bucket: `us-south`, `eu-de` … Default: `s3.region`.
    #[schemars(example = &"us-south")]
    pub cos_location: Option<String>,
    /// An IAM API key with which SoftLayer reads the bucket. Default: the HMAC keys of `s3`.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub cos_api_key: Option<Secret>,
}
