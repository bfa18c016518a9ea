//! The VM's ephemeral disk.

use crate::lookup::offering::name_and_tags;
use crate::name_ref::NameRef;
use crate::properties::{CloudStackProperties, PATH, VmProperties, given};
use bosh_cpi::{CpiError, MiB, Result};

/// An ephemeral disk.
pub(in crate::methods::create_vm) struct EphemeralDiskSpec {
    pub offering: NameRef,
    pub size: Option<MiB>,
    /// The VM's own properties ask for it, so that it must not be left out.
    pub explicit: bool,
}

impl EphemeralDiskSpec {
    pub(super) fn read(
        config: &CloudStackProperties,
        vm: &VmProperties,
        path: &str,
    ) -> Result<Option<Self>> {
        let size = vm.disk.filter(|size| size.0 > 0);
        let tags = &vm.ephemeral_storage_tags.0;
        let tags_path = format!("{path}.ephemeral_storage_tags");
        if let Some(text) = given(&vm.ephemeral_disk_offering) {
            if !tags.is_empty() {
                return Err(name_and_tags(&tags_path, "ephemeral_disk_offering"));
            }
            let offering = NameRef::new(text, format!("{path}.ephemeral_disk_offering"));
            return Ok(Some(Self { offering, size, explicit: true }));
        }
        if !tags.is_empty() {
            let offering = NameRef::tagged(tags, tags_path);
            return Ok(Some(Self { offering, size, explicit: true }));
        }
        let default = config.ephemeral_offering();
        let default = default.or_else(|| size.and_then(|_| config.custom_offering()));
        match (default, size) {
            (Some((text, name)), size) => {
                let offering = NameRef::new(text, format!("{PATH}.{name}"));
                Ok(Some(Self { offering, size, explicit: size.is_some() }))
            }
            (None, None) => Ok(None),
            (None, Some(size)) => Err(CpiError::cpi(format!(
                "{path}.ephemeral_disk_offering is required for a disk of {size} ({path}.disk), \
                 as neither {PATH}.default_offer.ephemeral_disk nor \
                 {PATH}.default_offer.custom_disk is set"
            ))),
        }
    }
}
