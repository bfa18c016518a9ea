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

/// Asks which calls the caller may make.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListApis {
    /// One by its name. All of them take CloudStack long, and make an answer of megabytes.
    pub name: Option<String>,
}

/// A call that the caller may make.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Api {
    /// Its name.
    pub name: String,
    /// The parameters that the caller may send.
    #[serde(default)]
    pub params: Vec<ApiParameter>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// A parameter of a call.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ApiParameter {
    /// Its name.
    pub name: String,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// Asks for global settings. For root admins only.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListConfigurations {
    /// Whose name contains this: `vm.userdata.max.length`.
    pub name: Option<String>,
}

/// A global setting.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Configuration {
    /// Its name.
    pub name: String,
    /// Its value, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// Finds the cloud's own VMs. For admins only.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListSystemVms {
    /// `secondarystoragevm` or `consoleproxy`.
    pub systemvmtype: Option<String>,
    /// In this zone.
    pub zoneid: Option<String>,
}

/// A VM of the cloud's own.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SystemVm {
    /// Its id.
    pub id: String,
    /// Its name: `s-1-VM`.
    pub name: String,
    /// `Running`, `Stopped` …
    #[serde(default)]
    pub state: String,
    /// Whether its agent is connected: `Up`, `Disconnected` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agentstate: Option<String>,
    /// Its type.
    #[serde(default)]
    pub systemvmtype: String,
    /// Its zone.
    #[serde(default)]
    pub zoneid: String,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// Finds hosts. For admins only.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListHosts {
    /// By exact name.
    pub name: Option<String>,
    /// In this zone.
    pub zoneid: Option<String>,
    /// `Routing` for those that run VMs.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// A host.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Host {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
