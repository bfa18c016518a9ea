//! `cloud_properties` of networks: subnets, with the AZ's properties merged in.

use super::{Ignored, Later, Refusing};
use schemars::JsonSchema;
use serde::Deserialize;

/// Which network of the cloud it is.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NetworkProperties {
    /// The network's name; it must be the only one of that name in the zone.
    #[serde(alias = "network_name")]
    pub name: Option<String>,
    /// The network's id, instead of its name.
    #[serde(alias = "network_id", alias = "net_id")]
    pub id: Option<String>,
    /// The zone, by name or id. Default: the VM's.
    #[serde(alias = "availability_zone")]
    pub zone: Option<String>,

    /// Go release: keep this NIC from being eth0. MACs tell the agent which is which.
    #[schemars(skip)]
    pub undiscoverable: Ignored,
    /// Comes with a later release.
    #[schemars(skip)]
    pub security_groups: Later,
    /// Comes with a later release.
    #[schemars(skip)]
    pub vpc: Later,
    /// Comes with a later release.
    #[schemars(skip)]
    pub project: Later,
}

impl Refusing for NetworkProperties {
    fn later(&self) -> Vec<&'static str> {
        let all = [
            ("security_groups", self.security_groups),
            ("vpc", self.vpc),
            ("project", self.project),
        ];
        all.into_iter().filter(|(_, later)| later.asked()).map(|(name, _)| name).collect()
    }
}
