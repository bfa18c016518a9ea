//! What the cloud as a whole can do.

use super::Other;
use serde::{Deserialize, Serialize};

/// Asks for version and switches.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListCapabilities {}

/// Version and switches of a cloud.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Capabilities {
    /// `4.22.0.0`.
    pub cloudstackversion: String,
    /// Whether a plain user may expunge VMs.
    #[serde(default)]
    pub allowuserexpungerecovervm: bool,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
