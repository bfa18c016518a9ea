//! `resize_disk`: lets a volume grow.

use crate::api::change;
use crate::errors::{Activity, Failure, ResultExt, disk_not_found};
use crate::intent::Intent;
use crate::lookup::offering;
use crate::name_ref::NameRef;
use crate::properties::Wait;
use crate::resources::volume;
use crate::session::CloudStack;
use bosh_cpi::method::ResizeDisk;
use bosh_cpi::{CpiError, GiB, Result};
use cloudstack::api::{ResizeVolume, Volume};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: ResizeDisk) -> Result<()> {
    let tried = || format!("resizing disk {} to {}", call.disk_cid, call.size);
    let disk = volume::find(cloud, &call.disk_cid).await.during(Activity::ResizeDisk, tried)?;
    let disk = disk.ok_or_else(|| disk_not_found(&call.disk_cid))?;
    let size = call.size.ceil_gib();
    if size.bytes() == disk.size {
        return Ok(());
    }
    if size.bytes() < disk.size {
        let has = GiB::ceil_bytes(disk.size);
        return Err(CpiError::not_supported(format!(
            "{}: it has {has}, and disks cannot be made smaller",
            tried()
        )));
    }
    cloud
        .operation("resize_disk", async |operation| {
            let resize =
                ResizeVolume { id: disk.id.clone(), size: Some(size.0), ..ResizeVolume::default() };
            let until = cloud.deadline(Wait::ResizeVolume);
            let has_grown = async || {
                let volume = volume::settled(cloud, &disk.id, until).await?;
                Ok::<_, Failure>(volume.is_some_and(|volume| volume.size >= size.bytes()))
            };
            let send = async || match cloud.run_job(&resize, until).await.map(drop) {
                // An earlier call's resize may be under way: it is waited for.
                Err(failure) if failure.has_code(431) || failure.has_code(432) => {
                    let busy = volume::by_id(cloud, &disk.id).await?;
                    let busy = busy.is_some_and(|volume| volume::is_busy(&volume));
                    match has_grown().await? {
                        true => Ok(()),
                        false if busy => cloud.run_job(&resize, until).await.map(drop),
                        false => Err(failure),
                    }
                }
                resized => resized,
            };
            let probe = async || Ok(has_grown().await?.then_some(()));
            let resized = change(operation, Intent::change("resize", &disk.id), send, probe).await;
            match resized {
                Err(failure)
                    if [431, 432].iter().any(|code| failure.has_code(*code))
                        && is_fixed(cloud, &disk).await =>
                {
                    let advice = "its disk offering has a fixed size; the director copies it to a \
                                  new disk instead";
                    let tried = tried();
                    Err(CpiError::not_supported(format!("{tried}: {failure} ({advice})")))
                }
                resized => resized.during(Activity::ResizeDisk, tried).map(|()| ((), None)),
            }
        })
        .await
}

/// Whether the volume's offering has a size of its own.
async fn is_fixed(cloud: &CloudStack, disk: &Volume) -> bool {
    let Some(offering) = &disk.diskofferingid else { return false };
    let offering = NameRef::new(offering, "the disk's offering");
    let found = offering::disk_offerings(cloud, &offering).await;
    found.is_ok_and(|found| found.iter().any(|offering| !offering.custom))
}
