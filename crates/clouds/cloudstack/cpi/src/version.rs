//! What not every CloudStack knows. A parameter that the cloud lacks would be ignored, so that
//! the call would do less than was meant; whoever sends one asks here first.

use crate::CloudStack;
use crate::errors::Failure;
use crate::lookup::{Found, VersionRow, Wanted};
use cloudstack::Version;
use cloudstack::api::{ListCapabilities, Object};

/// `volumeids` of destroyVirtualMachine.
pub(crate) const DISKS_GO_WITH_VM: Version = Version::new(4, 12);

/// `boottype` and `bootmode` of deployVirtualMachine.
pub(crate) const BOOT_TYPES: Version = Version::new(4, 14);

/// changeOfferingForVolume; before it resizeVolume changes the offering, too.
pub(crate) const CHANGES_OFFERINGS: Version = Version::new(4, 17);

impl CloudStack {
    /// Whether the cloud is of this version or a later one. The version is asked for once, then
    /// remembered.
    pub(crate) async fn has(&self, since: Version) -> Result<bool, Failure> {
        let wanted = Wanted::new("the cloud", "");
        let known: Option<Found<VersionRow>> = self.remembered(&wanted, "");
        let version = match known {
            Some(found) => found.version,
            None => self.ask_version(&wanted).await?,
        };
        Ok(version.is_none_or(|version| version >= since))
    }

    /// None for a version that nobody can read: such a cloud is taken for a new one.
    async fn ask_version(&self, wanted: &Wanted) -> Result<Option<Version>, Failure> {
        let Object(told) = self.look(&ListCapabilities {}).await?;
        let version = Version::parse(&told.cloudstackversion);
        if version.is_none() {
            let told = told.cloudstackversion;
            tracing::warn!("'{told}' is no version of CloudStack that we can read");
        }
        self.remember(wanted, "", VersionRow { version });
        Ok(version)
    }
}
