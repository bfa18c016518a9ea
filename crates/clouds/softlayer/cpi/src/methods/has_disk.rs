//! `has_disk`: whether a volume is there, and not cancelled.

use crate::cids::disk_id;
use crate::errors::{Activity, ResultExt};
use crate::resources::volume;
use crate::session::SoftLayer;
use bosh_cpi::Result;
use bosh_cpi::method::HasDisk;

pub(crate) async fn run(cloud: &SoftLayer, call: HasDisk) -> Result<bool> {
    let Some(id) = disk_id(&call.disk_cid) else { return Ok(false) };
    let volume = volume::find(cloud, id).await;
    let volume =
        volume.during(Activity::Lookup, || format!("looking up disk {}", call.disk_cid))?;
    Ok(volume.is_some())
}
