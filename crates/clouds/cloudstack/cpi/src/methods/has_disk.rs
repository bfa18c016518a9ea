//! `has_disk`: whether a disk is there. A cloud that cannot be asked is an error, not a no.

use crate::CloudStack;
use crate::errors::{self, Activity};
use bosh_cpi::Result;
use bosh_cpi::method::HasDisk;

pub(crate) async fn run(cloud: &CloudStack, call: HasDisk) -> Result<bool> {
    let cid = call.disk_cid;
    match cloud.disk(&cid).await {
        Ok(volume) => Ok(volume.is_some()),
        Err(failure) => {
            Err(errors::answer(Activity::FindDisk, format!("looking for disk {cid}"), failure))
        }
    }
}
