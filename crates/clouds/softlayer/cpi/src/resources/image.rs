//! Images: imported stemcells.

use super::ownership::{self, OwnedRow};
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

/// The account's images of this name that are ours.
async fn list_by_name(cloud: &SoftLayer, name: &str) -> CloudResult<Vec<OwnedRow<Image>>> {
    let call = GetPrivateBlockDeviceTemplateGroups {};
    let images: Vec<Image> = cloud.list(&call, &Filter::is("name", name)).await?;
    ownership::by_name(cloud, name, images).await
}

/// The id of the image that was imported under this name although the answer was lost. Where it was
/// imported twice, its twins are deleted.
pub(crate) async fn adopt(cloud: &SoftLayer, name: &str) -> CloudResult<Option<u64>> {
    let mut images = list_by_name(cloud, name).await?.into_iter();
    let Some(first) = images.next() else { return Ok(None) };
    for twin in images {
        delete(cloud, &twin, cloud.undo_deadline(Wait::Lookup)).await?;
    }
    Ok(Some(first.id))
}

/// The image of this id; None if it does not exist, or this user may not see it.
pub(crate) async fn find(cloud: &SoftLayer, id: u64) -> CloudResult<Option<OwnedRow<Image>>> {
    let found: Option<Image> = cloud.find(&GetObject { id }).await?;
    let Some(image) = found else { return Ok(None) };
    // Public images are used too, so that the account is not compared.
    ownership::by_id_of_any_account(&id.to_string(), image).map(Some)
}

/// Deletes an image; it may be gone already.
pub(crate) async fn delete(
    cloud: &SoftLayer,
    image: &OwnedRow<Image>,
    until: Deadline,
) -> CloudResult<()> {
    cloud.call(&DeleteObject { id: image.id }, until).await.ignore_not_found()
}

/// Makes sure that no image has this name.
pub(crate) async fn ensure_absent(cloud: &SoftLayer, name: &str) -> CloudResult<Absence> {
    let images = list_by_name(cloud, name).await?;
    for image in &images {
        delete(cloud, image, cloud.undo_deadline(Wait::Lookup)).await?;
    }
    Ok(if images.is_empty() { Absence::MayAppear } else { Absence::Final })
}

/// Makes sure that an image that garbage collection has listed is gone: by its id, if it still bears
/// its name.
pub(crate) async fn ensure_listed_absent(
    cloud: &SoftLayer,
    id: u64,
    name: &str,
) -> CloudResult<Absence> {
    let Some(found) = find(cloud, id).await? else { return Ok(Absence::MayAppear) };
    let image = ownership::by_id_and_name(cloud, &id.to_string(), name, (**found).clone())?;
    delete(cloud, &image, cloud.undo_deadline(Wait::Lookup)).await?;
    Ok(Absence::Final)
}
