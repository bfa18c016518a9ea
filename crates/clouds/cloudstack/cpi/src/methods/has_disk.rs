//! `has_disk`: whether a disk exists. A cloud that cannot be asked is an error, not a no.

use crate::errors::{Activity, ResultExt};
use crate::resources::volume;
use crate::session::CloudStack;
use bosh_cpi::Result;
use bosh_cpi::method::HasDisk;

pub(crate) async fn run(cloud: &CloudStack, call: HasDisk) -> Result<bool> {
    let cid = call.disk_cid;
    let tried = || format!("looking up disk {cid}");
    // A director that hears no forgets the disk: only two looks that agree are believed.
    for _ in 0..2 {
        if volume::find(cloud, &cid).await.during(Activity::FindDisk, tried)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
