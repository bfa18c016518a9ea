//! `create_disk`: a volume of block storage, in the data center of the VM it is for, ready to be
//! mounted.

use crate::cids::Machine;
use crate::errors::{Activity, ResultExt};
use crate::properties::{DiskProperties, PATH, Wait, given};
use crate::resources::volume_order::VolumeSpec;
use crate::resources::{volume, volume_access, volume_order};
use crate::session::SoftLayer;
use bosh_cpi::method::CreateDisk;
use bosh_cpi::{CpiError, DiskCid, Result, VmCid};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &SoftLayer, call: CreateDisk) -> Result<DiskCid> {
    let path = call.cloud_properties.path().to_owned();
    let disk: DiskProperties =
        DiskProperties::read(&call.cloud_properties, cloud.properties.strict)?;
    let speed = disk.speed(&path)?;
    let datacenter = datacenter(cloud, &disk, call.vm_cid.as_ref(), &path).await?;
    let spec = VolumeSpec {
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
            let volume = volume_order::create(cloud, operation, &spec, until).await?;
            let is_ready =
                |volume: &softlayer::api::StorageProgress| volume.is_ready_to_mount == Some(true);
            let what = "a volume that can be mounted";
            let ready = volume::wait_until_settled(cloud, volume.id, what, until, is_ready).await;
            ready.during(Activity::CreateDisk, || format!("creating disk {}", volume.id))?;
            let cid = DiskCid::new(volume.id.to_string())
                .map_err(|e| CpiError::cloud(format!("placeOrder: {e}")))?;
            let text = cid.to_string();
            Ok((cid, Some(text)))
        })
        .await
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
        let mounts = volume_access::mounts(cloud, machine).await;
        let mounts = mounts.during(Activity::Lookup, || format!("looking up where VM {cid} is"))?;
        if let Some(place) = mounts.and_then(|mounts| mounts.datacenter) {
            return Ok(place);
        }
    }
    let default = cloud.properties.default_datacenter().map(str::to_owned);
    default.ok_or_else(|| {
        CpiError::cpi(format!(
            "{path}.datacenter: is required here for a disk without a VM, or as \
             {PATH}.default_datacenter"
        ))
    })
}
