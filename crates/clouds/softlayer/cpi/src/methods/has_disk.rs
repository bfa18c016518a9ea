//! `has_disk`: whether a volume is there, and not cancelled.

use crate::SoftLayer;
use crate::cids::disk_id;
use crate::errors::{self, Activity};
use bosh_cpi::Result;
use bosh_cpi::method::HasDisk;

pub(crate) async fn run(cloud: &SoftLayer, call: HasDisk) -> Result<bool> {
    let Some(id) = disk_id(&call.disk_cid) else { return Ok(false) };
    let volume = cloud.volume(id).await.map_err(|failure| {
        errors::answer(Activity::Lookup, format!("looking up disk {}", call.disk_cid), failure)
    })?;
    Ok(volume.is_some())
}
