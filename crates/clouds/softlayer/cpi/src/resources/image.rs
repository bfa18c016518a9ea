//! Images: imported stemcells.

use crate::errors::{CloudResult, ResultExt};
use crate::properties::Wait;
use crate::session::SoftLayer;
use cloud_http::{Deadline, paused};
use journal::Absence;
use softlayer::Filter;
use softlayer::api::Image;
use softlayer::api::account::GetPrivateBlockDeviceTemplateGroups;
use softlayer::api::image::{DeleteObject, GetObject, ImageCopy, SetBootMode};
use softlayer::phrases::NO_PRIMARY_DISK;
use std::time::Instant;

/// How stemcells boot: by hardware virtualisation.
pub(crate) const BOOT_MODE: &str = "HVM";

/// Waits for an import: it is done once the image has a disk somewhere and nothing is being done
/// to it.
pub(crate) async fn wait_until_imported(
    cloud: &SoftLayer,
    id: u64,
    until: Deadline,
) -> CloudResult<()> {
    let is_imported = |image: Image| {
        let has_disk =
            |copy: &ImageCopy| copy.block_devices_disk_space_total.is_some_and(|bytes| bytes > 0);
        (image.transaction.is_none() && image.children.iter().any(has_disk)).then_some(())
    };
    cloud.wait_for(&GetObject { id }, "the imported image", until, is_imported).await
}

/// Sets how guests of an image boot, once that can be done: SoftLayer knows the image's disk a
/// moment after it says that it has one.
pub(crate) async fn set_boot_mode(cloud: &SoftLayer, id: u64, until: Deadline) -> CloudResult<()> {
    let call = SetBootMode { id, mode: BOOT_MODE.into() };
    let begun = Instant::now();
    loop {
        match cloud.call(&call, until).await {
            Err(failure)
                if failure.says(NO_PRIMARY_DISK) && paused(begun.elapsed(), until).await => {}
            set => return set.map(drop),
        }
    }
}

/// The account's images of this name.
pub(crate) async fn list_by_name(cloud: &SoftLayer, name: &str) -> CloudResult<Vec<Image>> {
    cloud.list(&GetPrivateBlockDeviceTemplateGroups {}, &Filter::is("name", name)).await
}

/// Makes sure that no image has this name.
pub(crate) async fn ensure_absent(cloud: &SoftLayer, name: &str) -> CloudResult<Absence> {
    let until = cloud.undo_deadline(Wait::Lookup);
    let mut absence = Absence::MayAppear;
    for image in list_by_name(cloud, name).await? {
        absence = Absence::Final;
        cloud.call(&DeleteObject { id: image.id }, until).await.ignore_not_found()?;
    }
    Ok(absence)
}
