//! Light: an image that is there already, by its id or its UUID.

use crate::errors::{Activity, CloudResult, ResultExt};
use crate::properties::{StemcellProperties, given};
use crate::session::SoftLayer;
use bosh_cpi::{CpiError, Result, StemcellCid};
use softlayer::Filter;
use softlayer::api::Image;
use softlayer::api::account::GetPrivateBlockDeviceTemplateGroups;
use softlayer::api::image::GetObject;

pub(super) fn is_light(stemcell: &StemcellProperties) -> bool {
    stemcell.image_id.is_some() || given(&stemcell.image_uuid).is_some()
}

pub(super) async fn find(
    cloud: &SoftLayer,
    stemcell: &StemcellProperties,
    path: &str,
) -> Result<StemcellCid> {
    let uuid = given(&stemcell.image_uuid);
    let (shown, found) = match (stemcell.image_id, uuid) {
        (Some(id), _) => {
            (format!("{path}.virtual-disk-image-id: {id}"), cloud.find(&GetObject { id }).await)
        }
        (None, uuid) => {
            let uuid = uuid.unwrap_or_default();
            (format!("{path}.virtual-disk-image-uuid: {uuid}"), by_uuid(cloud, uuid).await)
        }
    };
    let found = found.during(Activity::Lookup, || &shown)?;
    let image: Image = found.ok_or_else(|| {
        CpiError::cloud(format!(
            "{shown}: image not found among those of this account and those shared with it"
        ))
    })?;
    if let (Some(wanted), Some(has)) = (uuid, image.global_identifier.as_deref())
        && !wanted.eq_ignore_ascii_case(has)
    {
        return Err(CpiError::cloud(format!(
            "{path}: image {} has the UUID {has}, not {wanted}: which one is meant?",
            image.id
        )));
    }
    StemcellCid::new(image.id.to_string()).map_err(|e| CpiError::cloud(e.to_string()))
}

/// Of the account's own images, and those shared with it. One that is for everybody is named by
/// its id.
async fn by_uuid(cloud: &SoftLayer, uuid: &str) -> CloudResult<Option<Image>> {
    let filter = Filter::is("globalIdentifier", uuid);
    let images: Vec<Image> = cloud.list(&GetPrivateBlockDeviceTemplateGroups {}, &filter).await?;
    Ok(images.into_iter().next())
}
