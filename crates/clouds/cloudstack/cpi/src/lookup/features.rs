//! What not every CloudStack can do. A parameter that the cloud lacks would be ignored, so that
//! the call would do less than was meant; whoever sends one asks here first.

use crate::errors::CloudResult;
use crate::name_ref::{Found, NameRef};
use crate::session::CloudStack;
use cloudstack::Version;
use cloudstack::api::{ListCapabilities, Object};
use cpi_kit::Cacheable;
use serde::{Deserialize, Serialize};

/// A feature that came with a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feature {
    /// `volumeids` of destroyVirtualMachine.
    DestroyWithVolumes,
    /// `boottype` and `bootmode` of deployVirtualMachine.
    BootTypes,
    /// changeOfferingForVolume; before it resizeVolume changes the offering, too.
    ChangeOfferingForVolume,
}

impl Feature {
    /// The first release that has it.
    pub(crate) fn since(self) -> Version {
        match self {
            Self::DestroyWithVolumes => Version::new(4, 12),
            Self::BootTypes => Version::new(4, 14),
            Self::ChangeOfferingForVolume => Version::new(4, 17),
        }
    }
}

/// The version of the cloud; None where what it says cannot be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct VersionFacts {
    pub version: Option<Version>,
}

impl Cacheable for VersionFacts {
    const NOUN: &'static str = "version";
}

/// Whether the cloud has a feature. Its version is asked for once, then remembered.
pub(crate) async fn has(cloud: &CloudStack, feature: Feature) -> CloudResult<bool> {
    let wanted = NameRef::new("the cloud", "");
    let known: Option<Found<VersionFacts>> = cloud.cached(&wanted, "");
    let version = match known {
        Some(found) => found.version,
        None => ask_version(cloud, &wanted).await?,
    };
    Ok(version.is_none_or(|version| version >= feature.since()))
}

/// None for a version that cannot be read: such a cloud is taken for a new one.
async fn ask_version(cloud: &CloudStack, wanted: &NameRef) -> CloudResult<Option<Version>> {
    let Object(capabilities) = cloud.get(&ListCapabilities {}).await?;
    let version = Version::parse(&capabilities.cloudstackversion);
    if version.is_none() {
        let text = capabilities.cloudstackversion;
        tracing::warn!("unknown CloudStack version '{text}', taken for a new one");
    }
    cloud.remember(wanted, "", VersionFacts { version });
    Ok(version)
}
