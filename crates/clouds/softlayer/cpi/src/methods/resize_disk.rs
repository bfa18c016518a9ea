//! `resize_disk`: lets a volume grow where it is, by an upgrade order.

use crate::cids::disk_id;
use crate::errors::{Activity, ResultExt, disk_not_found};
use crate::resources::volume::{self, speed};
use crate::resources::volume_upgrade::{self, Change};
use crate::session::SoftLayer;
use bosh_cpi::method::ResizeDisk;
use bosh_cpi::{CpiError, Result};

pub(crate) async fn run(cloud: &SoftLayer, call: ResizeDisk) -> Result<()> {
    let cid = &call.disk_cid;
    let tried = format!("resizing disk {cid} to {}", call.size);
    let id = disk_id(cid).ok_or_else(|| disk_not_found(cid))?;
    let volume = volume::find(cloud, id).await.during(Activity::ResizeDisk, || &tried)?;
    let volume = volume.ok_or_else(|| disk_not_found(cid))?;
    let wanted = call.size.ceil_gib().0;
    let has = volume.capacity_gb.unwrap_or_default();
    // The smallest volume that is sold may have been larger than what was asked for, and still is.
    if wanted == has || volume::is_smallest(&volume, wanted) {
        return Ok(());
    }
    if wanted < has {
        let message = format!("{tried}: it has {has} GB, and a disk cannot be made smaller");
        return Err(CpiError::not_supported(message));
    }
    let change = Change { size: wanted, speed: speed(&volume), tried: &tried };
    volume_upgrade::change(cloud, "resize_disk", &volume, &change).await
}
