//! Whether the cloud can boot the VM as it is to boot.

use super::spec::boot::BootSpec;
use crate::errors::CloudResult;
use crate::lookup::features::{self, Feature};
use crate::session::CloudStack;
use bosh_cpi::CpiError;

/// An older cloud would ignore how a VM is to boot, and the VM would not come up.
pub(super) async fn check(cloud: &CloudStack, boot: &BootSpec) -> CloudResult<()> {
    if boot.kind.is_none() || features::has(cloud, Feature::BootTypes).await? {
        return Ok(());
    }
    let (path, since) = (&boot.path, Feature::BootTypes.since());
    let why = format!("{path}.boot_type: this cloud boots by BIOS only; {since} can choose");
    Err(CpiError::not_supported(why).into())
}
