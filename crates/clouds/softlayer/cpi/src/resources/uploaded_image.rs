//! Images on their way, in a bucket of object storage.

use crate::api::transport;
use crate::errors::{CloudResult, cloud_error};
use crate::properties::{PATH, Wait};
use crate::session::SoftLayer;
use bosh_cpi::{CpiError, Result};
use cpi_kit::Publisher;
use journal::Absence;

/// The bucket of the properties.
pub(crate) fn bucket(cloud: &SoftLayer) -> Result<Publisher> {
    let s3 = &cloud.properties.stemcell.s3;
    if !s3.is_given() {
        return Err(CpiError::cpi(format!(
            "{PATH}.stemcell.s3: missing; a heavy stemcell comes in through a bucket of object \
             storage (or take a light one: virtual-disk-image-id)"
        )));
    }
    Publisher::s3(s3, transport(&cloud.properties)?, &format!("{PATH}.stemcell.s3"))
}

/// Makes sure that nothing is in the bucket under that name.
pub(crate) async fn ensure_absent(
    cloud: &SoftLayer,
    place: &str,
    name: &str,
) -> CloudResult<Absence> {
    let bucket = bucket(cloud)?;
    if bucket.place() != place {
        let message = format!(
            "{name} may still be in {place}, which is no longer configured: configure it again for \
             a call, or remove the file there"
        );
        return Err(CpiError::cpi(message).into());
    }
    match bucket.delete(name, cloud.undo_deadline(Wait::Lookup)).await {
        Ok(true) => Ok(Absence::Final),
        Ok(false) => Ok(Absence::MayAppear),
        Err(error) => Err(cloud_error(format!("removing {name} from {place}: {error}"))),
    }
}
