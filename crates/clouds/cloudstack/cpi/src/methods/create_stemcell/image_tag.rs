//! The tag that says which image a template was made of.

use crate::session::CloudStack;
use cpi_kit::naming::fingerprint;
use serde_json::Value;

/// Its key.
pub(super) const IMAGE_TAG: &str = "bosh-image-sha256";

/// Its value: the image as it was given, and what was
/// written into it.
pub(super) fn image_tag(cloud: &CloudStack, sha256: &str) -> String {
    match &cloud.properties.stemcell.agent_json {
        None | Some(Value::Null) => sha256.to_owned(),
        Some(own) => format!("{sha256} agent {}", &fingerprint(&[&own.to_string()])[..8]),
    }
}
