//! `cloud_properties` of persistent disks: disk_types.

use super::examples;
use super::names::{Names, ONE_PROJECT};
use cpi_kit::properties::{Ignored, RejectUnsupported, Unsupported};
use schemars::JsonSchema;
use serde::Deserialize;

/// What a persistent disk is made of.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(transform = examples::of(examples::DISK))]
pub struct DiskProperties {
    /// The disk offering, by name or id. Default: `default_offer.disk`, then
    /// `default_offer.custom_disk`. A fixed one must be large enough.
    pub disk_offering: Option<String>,
    /// Storage tags, one or a list of them: the custom disk offering that has them all is taken,
    /// instead of one that is named. Not together with `disk_offering`.
    pub storage_tags: Names,
    /// The zone, by name or id. Default: the zone of the VM that it is for, then
    /// `default_zone`.
    #[serde(alias = "availability_zone")]
    pub zone: Option<String>,
    /// The least IOPS, for an offering that lets the caller choose them.
    pub min_iops: Option<u64>,
    /// The most IOPS, likewise.
    pub max_iops: Option<u64>,

    /// The director names dynamic disks so; a name of ours is what makes the disk ours.
    #[schemars(skip)]
    pub name: Ignored,
    /// Refused: one account's or project's things are one CPI's.
    #[schemars(skip)]
    pub project: Unsupported,
}

impl RejectUnsupported for DiskProperties {
    fn later(&self) -> Vec<&'static str> {
        if self.project.asked() { vec!["project"] } else { Vec::new() }
    }

    fn why(&self) -> &'static str {
        ONE_PROJECT
    }
}
