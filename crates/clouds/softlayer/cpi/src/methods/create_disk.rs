//! `create_disk`: a volume of block storage, in the data center of the VM it is for, ready to be
//! mounted.

use crate::SoftLayer;
use crate::cids::Machine;
use crate::errors::{self, Activity};
use crate::properties::{self, DiskProperties, PATH, Wait, given};
use crate::storage::{Wish, catalogue::Speed};
use bosh_cpi::method::CreateDisk;
use bosh_cpi::{CpiError, DiskCid, Result, VmCid};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &SoftLayer, call: CreateDisk) -> Result<DiskCid> {
    let path = call.cloud_properties.path().to_owned();
    let disk: DiskProperties = properties::read(&call.cloud_properties, cloud.properties.strict)?;
    let speed = speed(&disk, &path)?;
    let datacenter = datacenter(cloud, &disk, call.vm_cid.as_ref(), &path).await?;
    let wish = Wish {
        datacenter: &datacenter,
        size: call.size.ceil_gib().0,
        speed,
        snapshot_space: disk.snapshot_space,
        hourly: disk.hourly_billing_flag.unwrap_or(cloud.properties.storage.hourly_billing),
        path: &path,
    };
    let until = cloud.deadline(Wait::CreateDisk);
    cloud
        .operation("create_disk", async |operation| {
            let volume = cloud.make_volume(operation, &wish, until).await?;
            let is_ready =
                |volume: &softlayer::api::StorageProgress| volume.is_ready_to_mount == Some(true);
            let ready = cloud.settled(volume.id, "a volume that can be mounted", until, is_ready);
            ready.await.map_err(|failure| {
                errors::answer(
                    Activity::CreateDisk,
                    format!("creating disk {}", volume.id),
                    failure,
                )
            })?;
            let cid = DiskCid::new(volume.id.to_string())
                .map_err(|e| CpiError::cloud(format!("placeOrder: {e}")))?;
            let text = cid.to_string();
            Ok((cid, Some(text)))
        })
        .await
}

/// How fast the disk is to be.
pub(super) fn speed(disk: &DiskProperties, path: &str) -> Result<Speed> {
    match (disk.tier, disk.iops) {
        (Some(_), Some(_)) => Err(CpiError::cpi(format!(
            "{path}.iops, {path}.tier: the IOPS of a tier follow from the size; give one of them"
        ))),
        (Some(tier), None) => Ok(Speed::Tier(tier)),
        (None, iops) => Ok(Speed::Iops(iops)),
    }
}

/// The data center of the disk's own properties, of the VM, or the default.
async fn datacenter(
    cloud: &SoftLayer,
    disk: &DiskProperties,
    vm: Option<&VmCid>,
    path: &str,
) -> Result<String> {
    if let Some(own) = given(&disk.datacenter) {
        return Ok(own.to_owned());
    }
    if let Some((cid, machine)) = vm.and_then(|cid| Some((cid, Machine::of(cid)?))) {
        let mounts = cloud.mounts(machine).await.map_err(|failure| {
            errors::answer(Activity::Lookup, format!("looking up where VM {cid} is"), failure)
        })?;
        if let Some(place) = mounts.and_then(|mounts| mounts.datacenter) {
            return Ok(place);
        }
    }
    let default = cloud.properties.default_datacenter().map(str::to_owned);
    default.ok_or_else(|| {
        CpiError::cpi(format!(
            "{path}.datacenter: missing; a disk that is for no VM needs one, here or as \
             {PATH}.default_datacenter"
        ))
    })
}
