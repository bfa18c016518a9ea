//! `has_disk`: whether a disk exists. A cloud that cannot be asked is an error, not a no.

use crate::errors::{Activity, ResultExt};
use crate::resources::volume;
use crate::session::CloudStack;
use bosh_cpi::Result;
use bosh_cpi::method::HasDisk;

pub(crate) async fn run(cloud: &CloudStack, call: HasDisk) -> Result<bool> {
    let cid = call.disk_cid;
    let found = volume::find(cloud, &cid).await;
    Ok(found.during(Activity::FindDisk, || format!("looking up disk {cid}"))?.is_some())
}
