//! `cloud_properties` of VMs: vm_types, vm_extensions and AZs, merged by the director.

use super::examples;
use super::exposure::{LoadBalancer, Route};
use super::names::{Details, Names, ONE_PROJECT};
use super::security_groups::SecurityRule;
use bosh_cpi::MiB;
use cpi_kit::properties::{RejectUnsupported, Unsupported};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a VM is made of.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(transform = examples::of(examples::VM))]
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
    /// Storage tags, one or a list of them: the ephemeral disk is of the custom disk offering that
    /// has them all, instead of one that is named; `disk` says its size. Not together with
    /// `ephemeral_disk_offering`. The root disk's tags are those of `compute_offering`.
    pub ephemeral_storage_tags: Names,
    /// The ephemeral disk's least IOPS, for a disk offering that lets the caller choose them.
    pub ephemeral_min_iops: Option<u64>,
    /// Its most IOPS, likewise.
    pub ephemeral_max_iops: Option<u64>,
    /// The root disk in MiB, rounded up to GiB. Default: the template's size.
    pub root_disk_size: Option<MiB>,
    /// The zone, by name or id. Default: the networks' zone, then `default_zone`.
    #[serde(alias = "availability_zone")]
    pub zone: Option<String>,
    /// The SSH key pair's name. Default: `default_key_name`.
    #[serde(alias = "keypair")]
    pub key_name: Option<String>,
    /// The public key, as in `authorized_keys`, to register under `key_name` where that name is
    /// not registered yet; without a `key_name`, under a name that is made of the key. Default:
    /// `default_public_key`.
    pub public_key: Option<String>,
    /// The affinity group, by name. Made where there is none of that name.
    pub affinity_group: Option<String>,
    /// More affinity groups, by name.
    pub affinity_groups: Names,
    /// The type of affinity groups that have to be made: `host anti-affinity`, `host affinity`,
    /// or, since CloudStack 4.18, the same after `non-strict `. Default:
    /// `auto_anti_affinity_type`.
    pub affinity_group_type: Option<String>,
    /// Security groups, by name or id, beside those of the networks. Default:
    /// `default_security_groups`.
    pub security_groups: Names,
    /// Make the security groups that are not there yet. Default: the same of the config.
    pub security_groups_create: Option<bool>,
    /// The rules of the security groups that are made, by the groups' names. Default: the same
    /// of the config.
    pub security_group_rules: BTreeMap<String, Vec<SecurityRule>>,
    /// The host to run on, by id. For keys of root admins.
    #[serde(alias = "hostid", alias = "host_id")]
    pub host: Option<String>,
    /// The cluster to run in, by id. For keys of root admins.
    #[serde(alias = "clusterid", alias = "cluster_id")]
    pub cluster: Option<String>,
    /// `UEFI` or `BIOS`. Default: what the template says.
    #[serde(alias = "boottype")]
    pub boot_type: Option<String>,
    /// `LEGACY` or `SECURE` (secure boot, with `UEFI` only). Default, with `UEFI`: `LEGACY`.
    #[serde(alias = "bootmode")]
    pub boot_mode: Option<String>,
    /// Settings of the VM as CloudStack knows them: `rootDiskController`,
    /// `dataDiskController`, `nicAdapter`, `minIops` …
    #[schemars(with = "BTreeMap<String, String>")]
    pub details: Details,
    /// Load balancers to put the VM behind.
    pub lbs: Vec<LoadBalancer>,
    /// Routes for the agent to set, by the networks' names in the manifest.
    pub routes: BTreeMap<String, Vec<Route>>,

    /// Refused: one account's or project's things are one CPI's.
    #[schemars(skip)]
    pub project: Unsupported,
}

impl RejectUnsupported for VmProperties {
    fn later(&self) -> Vec<&'static str> {
        let all = [("project", self.project)];
        all.into_iter().filter(|(_, later)| later.asked()).map(|(name, _)| name).collect()
    }

    fn why(&self) -> &'static str {
        ONE_PROJECT
    }
}
