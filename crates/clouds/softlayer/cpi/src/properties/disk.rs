//! `cloud_properties` of persistent disks: disk_types.

use super::{Ignored, RejectUnsupported, legacy_names};
use bosh_cpi::{CloudProperties, CpiError, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// What a persistent disk is made of. Its size may be any number of GB that SoftLayer has.
///
/// With `tier` it is an endurance volume, whose IOPS grow with its size; else a performance
/// volume with `iops`, or with the least that its size can have.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "SoftLayerDisk")]
pub struct DiskProperties {
    /// The data center. Default: that of the VM that it is for, then `default_datacenter`.
    #[schemars(example = &"dal13")]
    pub datacenter: Option<String>,
    /// The IOPS of a performance volume, a multiple of 100. Default: the least that its size can
    /// have.
    #[schemars(example = 1000)]
    pub iops: Option<u64>,
    /// The IOPS per GB of an endurance volume: `0.25`, `2`, `4` or `10`.
    #[schemars(with = "Option<f64>", extend("default" = null), example = 2)]
    pub tier: Option<Tier>,
    /// The space for snapshots to buy at once, in GB. Default: none; the first snapshot buys
    /// some.
    pub snapshot_space: Option<u64>,
    /// Bill it by the hour. Default: `storage.hourly_billing`.
    #[serde(alias = "hourly_billing")]
    pub hourly_billing_flag: Option<bool>,

    /// Go release: accepted, never used.
    #[serde(rename = "type")]
    #[schemars(skip)]
    pub kind: Ignored,
    /// The director names dynamic disks so; a note of ours is what makes the disk ours.
    #[schemars(skip)]
    pub name: Ignored,
}

/// How fast a volume is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speed {
    /// A performance volume with these IOPS, or with the least that its size can have.
    Iops(Option<u64>),
    /// An endurance volume.
    Tier(Tier),
}

/// An endurance tier, in IOPS per GB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// 0.25.
    Quarter,
    /// 2.
    Two,
    /// 4.
    Four,
    /// 10.
    Ten,
}

impl DiskProperties {
    /// Reads them, also by the names of older releases.
    pub(crate) fn read(properties: &CloudProperties, strict: bool) -> Result<Self> {
        super::read(&legacy_names::disk_properties(properties), strict)
    }

    /// How fast the disk is to be. `path` is where these properties stand, for errors.
    pub(crate) fn speed(&self, path: &str) -> Result<Speed> {
        match (self.tier, self.iops) {
            (Some(_), Some(_)) => Err(CpiError::cpi(format!(
                "{path}.iops, {path}.tier: the IOPS of a tier follow from the size; give one of them"
            ))),
            (Some(tier), None) => Ok(Speed::Tier(tier)),
            (None, iops) => Ok(Speed::Iops(iops)),
        }
    }
}

impl Tier {
    const ALL: [Self; 4] = [Self::Quarter, Self::Two, Self::Four, Self::Ten];

    /// How people write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quarter => "0.25",
            Self::Two => "2",
            Self::Four => "4",
            Self::Ten => "10",
        }
    }

    /// Its code in the catalogue.
    pub(crate) fn code(self) -> u64 {
        match self {
            Self::Quarter => 100,
            Self::Two => 200,
            Self::Four => 300,
            Self::Ten => 1000,
        }
    }

    /// The name that a volume shows as its `storageTierLevel`.
    pub(crate) fn level(self) -> &'static str {
        match self {
            Self::Quarter => "LOW_INTENSITY_TIER",
            Self::Two => "READHEAVY_TIER",
            Self::Four => "WRITEHEAVY_TIER",
            Self::Ten => "10_IOPS_PER_GB",
        }
    }

    /// The tier of a volume that shows this name.
    pub(crate) fn of_level(level: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.level() == level)
    }

    /// Reads what people write.
    pub fn parse(text: &str) -> Option<Self> {
        let number: f64 = text.trim().parse().ok()?;
        Self::ALL.into_iter().find(|tier| tier.as_str().parse::<f64>() == Ok(number))
    }
}

impl Serialize for Tier {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Tier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = match Value::deserialize(deserializer)? {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text,
            _ => String::new(),
        };
        let expected = "expected one of the endurance tiers: 0.25, 2, 4 or 10";
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(expected))
    }
}

impl RejectUnsupported for DiskProperties {
    fn later(&self) -> Vec<&'static str> {
        Vec::new()
    }
}
