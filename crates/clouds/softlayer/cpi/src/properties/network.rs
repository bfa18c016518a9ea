//! `cloud_properties` of networks.

use super::{Ignored, RejectUnsupported, legacy_names};
use bosh_cpi::{CloudProperties, Result};
use schemars::JsonSchema;
use serde::Deserialize;

/// Which VLANs a network stands for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "SoftLayerNetwork")]
pub struct NetworkProperties {
    /// The VLANs' ids: a private one, and a public one for VMs that shall have a public address.
    #[schemars(example = [1_234_567])]
    pub vlan_ids: Vec<u64>,
    /// The primary subnets' ids to take addresses from, instead of `vlan_ids` or beside them.
    pub subnet_ids: Vec<u64>,
    /// Security groups' ids for the NICs of this network.
    pub security_groups: Vec<u64>,

    /// Go release: agents route by what they are told.
    #[schemars(skip)]
    pub source_policy_routing: Ignored,
}

impl NetworkProperties {
    /// Reads them, also by the names of older releases.
    pub(crate) fn read(properties: &CloudProperties, strict: bool) -> Result<Self> {
        super::read(&legacy_names::network_properties(properties), strict)
    }
}

impl RejectUnsupported for NetworkProperties {
    fn later(&self) -> Vec<&'static str> {
        Vec::new()
    }
}
