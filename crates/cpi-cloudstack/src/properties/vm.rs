//! `cloud_properties` of VMs: vm_types, vm_extensions and AZs, merged by the director.

use super::{Ignored, Later, Refusing};
use bosh_cpi::MiB;
use schemars::JsonSchema;
use serde::Deserialize;

/// What a VM is made of.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct VmProperties {
    /// The service offering, by name or id. Required.
    #[serde(alias = "instance_type", alias = "service_offering")]
    pub compute_offering: Option<String>,
    /// Cores, for a custom offering.
    #[serde(alias = "cpu_number")]
    pub cpu: Option<u64>,
    /// Memory in MiB, for a custom offering.
    #[serde(alias = "memory")]
    pub ram: Option<u64>,
    /// MHz per core, for a custom offering that does not fix it. Default: 2000.
    pub cpu_speed: Option<u64>,
    /// The ephemeral disk in MiB, rounded up to GiB. Without it and without a fixed
    /// `ephemeral_disk_offering` the VM has no disk of its own but the root disk.
    #[serde(alias = "ephemeral_disk_size")]
    pub disk: Option<MiB>,
    /// The ephemeral disk's offering, by name or id. Default: `default_offer.ephemeral_disk`,
    /// then, where `disk` is given, `default_offer.custom_disk`.
    #[serde(alias = "ephemeral_volume")]
    pub ephemeral_disk_offering: Option<String>,
    /// The root disk in MiB, rounded up to GiB. Default: the template's size.
    pub root_disk_size: Option<MiB>,
    /// The zone, by name or id. Default: the networks' zone, then `default_zone`.
    #[serde(alias = "availability_zone")]
    pub zone: Option<String>,
    /// The SSH key pair's name. Default: `default_key_name`.
    #[serde(alias = "keypair")]
    pub key_name: Option<String>,

    /// Go release: the type of `affinity_group`; means nothing without one.
    #[schemars(skip)]
    pub affinity_group_type: Ignored,
    /// Comes with a later release.
    #[schemars(skip)]
    pub affinity_group: Later,
    /// Comes with a later release.
    #[schemars(skip)]
    pub affinity_groups: Later,
    /// Comes with a later release.
    #[schemars(skip)]
    pub lbs: Later,
    /// Comes with a later release.
    #[schemars(skip)]
    pub routes: Later,
    /// Comes with a later release.
    #[schemars(skip)]
    pub security_groups: Later,
    /// Comes with a later release.
    #[schemars(skip)]
    pub project: Later,
}

impl Refusing for VmProperties {
    fn later(&self) -> Vec<&'static str> {
        let all = [
            ("affinity_group", self.affinity_group),
            ("affinity_groups", self.affinity_groups),
            ("lbs", self.lbs),
            ("routes", self.routes),
            ("security_groups", self.security_groups),
            ("project", self.project),
        ];
        all.into_iter().filter(|(_, later)| later.asked()).map(|(name, _)| name).collect()
    }
}
