//! `stemcell.MF`: what a stemcell says of itself.

use crate::checksum::Checksum;
use crate::error::StemcellError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The manifest of a stemcell tarball. Fields that are not here are not lost: see `other`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// For example `bosh-openstack-kvm-ubuntu-jammy-go_agent`.
    pub name: String,
    /// For example `1.484`; a text, whatever it looks like.
    pub version: String,
    /// The version of the protocol between director and CPI: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bosh_protocol: Option<Value>,
    /// The version of the agent's contract: 2 or 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<u32>,
    /// SHA-1 of `image`, or `sha256:` and SHA-256.
    pub sha1: String,
    /// For example `ubuntu-jammy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<String>,
    /// For example `openstack-qcow2`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stemcell_formats: Vec<String>,
    /// What create_stemcell is given.
    #[serde(default)]
    pub cloud_properties: Map<String, Value>,
    /// Whatever else is in it.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// SHA-1 of nothing: what the empty image of a light stemcell has.
pub(crate) const EMPTY_SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

/// Larger manifests than this are refused.
pub(crate) const LARGEST: u64 = 1 << 20;

impl Manifest {
    /// From the YAML of `stemcell.MF`.
    ///
    /// # Errors
    /// `Malformed` with what is wrong.
    pub fn parse(yaml: &str) -> Result<Self, StemcellError> {
        serde_saphyr::from_str(yaml).map_err(|error| StemcellError::Malformed {
            what: "stemcell.MF",
            reason: error.to_string(),
        })
    }

    /// The checksum of `image` that it promises.
    ///
    /// # Errors
    /// `NotAChecksum`.
    pub fn checksum(&self) -> Result<Checksum, StemcellError> {
        self.sha1.parse()
    }

    /// Whether the stemcell is light: `image` is empty, and `cloud_properties` name a template.
    pub fn is_light(&self) -> bool {
        let formats = &self.stemcell_formats;
        self.sha1 == EMPTY_SHA1 || formats.iter().any(|f| f.ends_with("-light"))
    }
}
