//! Zones.

use schemars::JsonSchema;
use serde::Deserialize;

/// A zone.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneSpec {
    /// Its name.
    pub name: String,
    /// Its id; a fresh one without.
    #[serde(default)]
    pub id: Option<String>,
    /// How its networks work.
    pub kind: ZoneKind,
    /// Whether it is an edge zone, which has no secondary storage.
    #[serde(default)]
    pub edge: bool,
    /// Whether it takes new VMs.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Its DNS server.
    pub dns1: String,
    /// The DNS server of its own machines.
    pub internal_dns1: String,
    /// The range from which isolated networks are cut.
    #[serde(default)]
    pub guest_cidr: Option<String>,
    /// Whether offerings on local storage work here.
    #[serde(default)]
    pub local_storage: bool,
    /// How many GPUs its hosts have.
    #[serde(default)]
    pub gpus: u64,
    /// The hypervisor of its hosts.
    #[serde(default = "simulator")]
    pub hypervisor: String,
    /// What `agentstate` says of its secondary-storage VM: `Up`, `Disconnected` …; without it
    /// there is none.
    #[serde(default = "up")]
    pub secondary_storage_vm: Option<String>,
    /// Its clusters.
    #[serde(default)]
    pub clusters: Vec<ClusterSpec>,
}

/// A cluster: hosts that share a storage pool.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterSpec {
    /// Its name.
    pub name: String,
    /// The name of its storage pool.
    pub pool: String,
    /// The tags of that pool, comma-separated.
    #[serde(default)]
    pub tags: Option<String>,
    /// Its hosts.
    pub hosts: Vec<HostSpec>,
}

/// A host.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostSpec {
    /// Its name.
    pub name: String,
    /// MHz of all its cores together.
    pub mhz: u64,
    /// Its memory in MiB.
    pub memory: u64,
}

/// How the networks of a zone work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ZoneKind {
    /// One shared network, security groups.
    #[serde(rename = "basic")]
    Basic,
    /// Isolated networks, VPCs, shared networks.
    #[serde(rename = "advanced")]
    Advanced,
    /// Shared networks with security groups.
    #[serde(rename = "advanced-sg")]
    AdvancedSg,
}

fn yes() -> bool {
    true
}

fn up() -> Option<String> {
    Some("Up".into())
}

fn simulator() -> String {
    "Simulator".into()
}
