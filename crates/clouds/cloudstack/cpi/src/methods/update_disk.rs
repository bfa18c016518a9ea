//! `update_disk`: gives a volume another offering, other IOPS or another size where it is.
//! What CloudStack does not do in place is NotSupported, so that the director makes a new disk
//! and copies.

use crate::api;
use crate::errors::{Activity, CloudResult, Failure, ResultExt, disk_not_found};
use crate::intent::Intent;
use crate::lookup::features::{self, Feature};
use crate::lookup::offering::{self, DiskOfferingFacts};
use crate::properties::{self, DiskProperties, Wait, given};
use crate::resources::volume;
use crate::session::CloudStack;
use bosh_cpi::method::UpdateDisk;
use bosh_cpi::{CpiError, DiskCid, GiB, MiB, Result};
use cloudstack::api::{ChangeOfferingForVolume, Object, ResizeVolume, Volume};
use cloudstack::phrases::{NO_POOL_TO_MIGRATE_TO, NO_SUCH_COMMAND};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: UpdateDisk) -> Result<Option<DiskCid>> {
    let tried = || format!("updating disk {}", call.disk_cid);
    let path = call.cloud_properties.path().to_owned();
    let spec: DiskProperties = properties::read(&call.cloud_properties, cloud.properties.strict)?;
    let disk = volume::find(cloud, &call.disk_cid).await.during(Activity::ResizeDisk, tried)?;
    let disk = disk.ok_or_else(|| disk_not_found(&call.disk_cid))?;
    check_zone(&disk, &spec, &path)?;
    let change = resolve(cloud, &spec, call.size, &disk, &path).await?;
    change.check_growth(&disk, call.size, &tried())?;
    if change.is_done(&disk) {
        return Ok(Some(call.disk_cid));
    }
    cloud.wait_for_earlier_calls_on(&disk.id).await?;
    cloud
        .operation("update_disk", async |operation| {
            let send = async || change.make(cloud, &disk).await;
            let probe = async || {
                let there = volume::by_id(cloud, &disk.id).await?;
                Ok(there.filter(|volume| change.is_done(volume)))
            };
            let intent = Intent::change("update", &disk.id);
            let updated = api::change(operation, intent, send, probe).await;
            match updated {
                // It is as it was: whatever the reason, a copy will do.
                Err(failure) if is_not_in_place(&failure) => {
                    let (tried, advice) = (tried(), "the director copies it to a new disk instead");
                    Err(CpiError::not_supported(format!("{tried}: {failure} ({advice})")))
                }
                updated => {
                    let updated = updated.during(Activity::ResizeDisk, tried)?;
                    if !change.is_done(&updated) {
                        let fresh = volume::by_id(cloud, &disk.id).await;
                        let fresh = fresh.during(Activity::ResizeDisk, tried)?;
                        change.check_done(fresh.as_ref(), &tried())?;
                    }
                    Ok((Some(call.disk_cid.clone()), None))
                }
            }
        })
        .await
}

/// What the properties stand for.
async fn resolve(
    cloud: &CloudStack,
    spec: &DiskProperties,
    size: MiB,
    disk: &Volume,
    path: &str,
) -> Result<Change> {
    let name = offering::of_disk(&cloud.properties, spec, path)?;
    let offering = offering::disk_offerings(cloud, &name).await?.in_zone(&name, &disk.zoneid)?;
    let iops = (spec.min_iops, spec.max_iops);
    offering.check_iops(iops, &format!("{path}."))?;
    Ok(Change { size: offering.size_for(size, &name)?, offering: (*offering).clone(), iops })
}

/// What a disk is to become.
struct Change {
    offering: DiskOfferingFacts,
    /// The size to say; None for an offering that has its own.
    size: Option<GiB>,
    /// The least and the most IOPS.
    iops: (Option<u64>, Option<u64>),
}

impl Change {
    fn target(&self) -> GiB {
        self.size.unwrap_or(self.offering.size)
    }

    fn check_growth(&self, disk: &Volume, wanted: MiB, tried: &str) -> Result<()> {
        if self.target().bytes() >= disk.size {
            return Ok(());
        }
        let has = GiB::ceil_bytes(disk.size);
        Err(CpiError::not_supported(format!(
            "{tried} to {wanted}: it has {has}, and disks cannot be made smaller"
        )))
    }

    fn is_same_offering(&self, disk: &Volume) -> bool {
        disk.diskofferingid.as_ref() == Some(&self.offering.id)
    }

    fn is_done(&self, disk: &Volume) -> bool {
        let told = |key: &str| disk.other.get(key).and_then(|number| number.as_u64());
        let (least, most) = self.iops;
        self.is_same_offering(disk)
            && disk.size == self.target().bytes()
            && (least.is_none() || told("miniops") == least)
            && (most.is_none() || told("maxiops") == most)
    }

    /// CloudStack 4.22 says that it has changed the offering of a volume that was attached once,
    /// and has changed its size alone. What a row does not tell is not held against it.
    fn check_done(&self, volume: Option<&Volume>, tried: &str) -> Result<()> {
        let Some(volume) = volume else { return Ok(()) };
        let told = |key: &str| volume.other.get(key).and_then(|number| number.as_u64());
        let kept = |key: &str, wanted: Option<u64>| {
            wanted.is_some() && told(key).is_some_and(|iops| Some(iops) != wanted)
        };
        let (least, most) = self.iops;
        let what = match () {
            () if !self.is_same_offering(volume) => "disk offering",
            () if volume.size < self.target().bytes() => "size",
            () if kept("miniops", least) || kept("maxiops", most) => "IOPS",
            () => return Ok(()),
        };
        Err(CpiError::not_supported(format!(
            "{tried}: the cloud kept its {what}, whatever it answered (the director copies it to \
             a new disk instead)"
        )))
    }

    /// Changes size and IOPS within the offering, or changes the offering; what became of it.
    async fn make(&self, cloud: &CloudStack, disk: &Volume) -> CloudResult<Volume> {
        let until = cloud.deadline(Wait::ResizeVolume);
        let (size, (miniops, maxiops)) = (self.size.map(|size| size.0), self.iops);
        let id = disk.id.clone();
        let resize = async |diskofferingid| {
            let id = id.clone();
            let resize = ResizeVolume { id, size, diskofferingid, miniops, maxiops };
            cloud.run_job(&resize, until).await.map(|Object(volume)| volume)
        };
        if self.is_same_offering(disk) {
            return resize(None).await;
        }
        let diskofferingid = self.offering.id.clone();
        if !features::has(cloud, Feature::ChangeOfferingForVolume).await? {
            return resize(Some(diskofferingid)).await;
        }
        let change = ChangeOfferingForVolume {
            id: id.clone(),
            diskofferingid: diskofferingid.clone(),
            size,
            miniops,
            maxiops,
            automigrate: Some(true),
        };
        match cloud.run_job(&change, until).await {
            // The role may lack the newer command, and have the older one.
            Err(failure) if failure.has_code(432) && failure.says(NO_SUCH_COMMAND) => {
                resize(Some(diskofferingid)).await
            }
            changed => changed.map(|Object(volume)| volume),
        }
    }
}

/// Whether the volume is as it was, and only a copy will do: a state or an offering that does not
/// fit, or hosts that cannot move it to another pool.
fn is_not_in_place(failure: &Failure) -> bool {
    failure.has_code(431) || failure.has_code(432) || failure.says(NO_POOL_TO_MIGRATE_TO)
}

/// A volume does not move to another zone.
fn check_zone(disk: &Volume, wanted: &DiskProperties, path: &str) -> Result<()> {
    match given(&wanted.zone) {
        Some(zone) if zone != disk.zoneid && zone != disk.zonename => Err(CpiError::not_supported(
            format!("{path}.zone: '{zone}', but the disk is in zone '{}'", disk.zonename),
        )),
        _ => Ok(()),
    }
}
