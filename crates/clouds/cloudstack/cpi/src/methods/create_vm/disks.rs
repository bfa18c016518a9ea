//! The root disk's size, and the ephemeral disk's offering and size.

use super::resolve::ResolvedVm;
use super::spec::VmSpec;
use crate::lookup::offering::{DiskOfferingFacts, no_local_storage};
use crate::properties::VmProperties;
use bosh_cpi::{CpiError, GiB, MiB, Result};

/// The ephemeral disk's offering, and its size where that is for us to say.
pub(super) fn ephemeral<'a>(
    spec: &VmSpec,
    resolved: &'a ResolvedVm<'_>,
) -> Result<Option<(&'a DiskOfferingFacts, Option<GiB>)>> {
    let (Some(disk), Some(offering)) = (&spec.disk, &resolved.disk) else { return Ok(None) };
    let size = match disk.size {
        Some(size) => offering.size_for(size, &disk.offering)?,
        None if !offering.custom => None,
        // The default is a custom one, and this VM asks for no disk.
        None if !disk.explicit => return Ok(None),
        None => {
            return Err(CpiError::cpi(format!(
                "{}.disk is required, as disk offering '{}' has no size of its own",
                spec.path, offering.name
            )));
        }
    };
    if offering.local && !resolved.zone.local_storage {
        let (path, zone) = (&disk.offering.path, &resolved.zone.name);
        return Err(no_local_storage(path, "disk offering", &offering.name, zone));
    }
    Ok(Some((offering, size)))
}

/// The root disk's size; None for the template's.
pub(super) fn root_size(vm: &VmProperties) -> Option<GiB> {
    vm.root_disk_size.filter(|size| size.0 > 0).map(MiB::ceil_gib)
}
