//! `update_disk`: gives a volume other IOPS, another tier or another size where it is, by an
//! upgrade order. What SoftLayer does not do in place is NotSupported, so that the director
//! makes a new disk and copies.

use crate::cids::disk_id;
use crate::errors::{Activity, ResultExt, disk_not_found};
use crate::properties::{DiskProperties, Speed, given};
use crate::resources::volume::{self, datacenter, speed};
use crate::resources::volume_upgrade::{self, Change};
use crate::session::SoftLayer;
use bosh_cpi::method::UpdateDisk;
use bosh_cpi::{CpiError, DiskCid, Result};
use softlayer::api::NetworkStorage;

pub(crate) async fn run(cloud: &SoftLayer, call: UpdateDisk) -> Result<Option<DiskCid>> {
    let cid = &call.disk_cid;
    let tried = format!("updating disk {cid}");
    let path = call.cloud_properties.path().to_owned();
    let wanted: DiskProperties =
        DiskProperties::read(&call.cloud_properties, cloud.properties.strict)?;
    let id = disk_id(cid).ok_or_else(|| disk_not_found(cid))?;
    let volume = volume::find(cloud, id).await.during(Activity::ResizeDisk, || &tried)?;
    let volume = volume.ok_or_else(|| disk_not_found(cid))?;
    check_place(&volume, &wanted, &path)?;
    let has = volume.capacity_gb.unwrap_or_default();
    let size = call.size.ceil_gib().0;
    if size < has && !volume::is_smallest(&volume, size) {
        let message = format!("{tried}: it has {has} GB, and a disk cannot be made smaller");
        return Err(CpiError::not_supported(message));
    }
    let speed = match (wanted.speed(&path)?, speed(&volume)) {
        (Speed::Tier(_), Speed::Iops(_)) | (Speed::Iops(_), Speed::Tier(_)) => {
            let message =
                format!("{tried}: a tier does not become IOPS, nor IOPS a tier, in place");
            return Err(CpiError::not_supported(message));
        }
        // Whoever says nothing keeps what is there.
        (Speed::Iops(None), there) => there,
        (wanted, _) => wanted,
    };
    let change = Change { size: size.max(has), speed, tried: &tried };
    if !change.is_done(&volume) {
        volume_upgrade::change(cloud, "update_disk", &volume, &change).await?;
    }
    Ok(Some(call.disk_cid))
}

/// A volume does not move to another data center.
fn check_place(volume: &NetworkStorage, wanted: &DiskProperties, path: &str) -> Result<()> {
    match (given(&wanted.datacenter), datacenter(volume)) {
        (Some(wanted), Some(there)) if wanted != there => Err(CpiError::not_supported(format!(
            "{path}.datacenter: '{wanted}', but the disk is in {there}"
        ))),
        _ => Ok(()),
    }
}
