//! `resize_disk`: lets a volume grow where it is, by an upgrade order.

use super::update_disk::{self, Change};
use crate::SoftLayer;
use crate::cids::{disk_id, no_disk};
use crate::errors::{self, Activity};
use crate::storage::speed;
use bosh_cpi::method::ResizeDisk;
use bosh_cpi::{CpiError, Result};

pub(crate) async fn run(cloud: &SoftLayer, call: ResizeDisk) -> Result<()> {
    let cid = &call.disk_cid;
    let tried = format!("resizing disk {cid} to {}", call.size);
    let failed = |failure| errors::answer(Activity::ResizeDisk, &tried, failure);
    let id = disk_id(cid).ok_or_else(|| no_disk(cid))?;
    let volume = cloud.volume(id).await.map_err(failed)?.ok_or_else(|| no_disk(cid))?;
    let wanted = call.size.ceil_gib().0;
    let has = volume.capacity_gb.unwrap_or_default();
    if wanted == has {
        return Ok(());
    }
    if wanted < has {
        let message = format!("{tried}: it has {has} GB, and no disk can be made smaller");
        return Err(CpiError::not_supported(message));
    }
    let change = Change { size: wanted, speed: speed(&volume), tried: &tried };
    update_disk::make(cloud, "resize_disk", &volume, &change).await
}
