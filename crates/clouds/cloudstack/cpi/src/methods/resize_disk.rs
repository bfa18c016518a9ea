//! `resize_disk`: lets a volume grow.

use super::cids::no_disk;
use crate::CloudStack;
use crate::errors::{self, Activity};
use crate::lookup::Wanted;
use crate::properties::Wait;
use crate::steps::{Intent, ended};
use bosh_cpi::method::ResizeDisk;
use bosh_cpi::{CpiError, GiB, Result};
use cloudstack::api::{ResizeVolume, Volume};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: ResizeDisk) -> Result<()> {
    let tried = format!("resizing disk {} to {}", call.disk_cid, call.size);
    let failed = |failure| errors::answer(Activity::ResizeDisk, &tried, failure);
    let disk = cloud.disk(&call.disk_cid).await.map_err(failed)?;
    let disk = disk.ok_or_else(|| no_disk(&call.disk_cid))?;
    let size = call.size.ceil_gib();
    if size.bytes() == disk.size {
        return Ok(());
    }
    if size.bytes() < disk.size {
        let has = GiB::ceil_bytes(disk.size);
        return Err(CpiError::not_supported(format!(
            "{tried}: it has {has}, and no disk can be made smaller"
        )));
    }
    cloud
        .operation("resize_disk", async |operation| {
            let resize =
                ResizeVolume { id: disk.id.clone(), size: Some(size.0), ..ResizeVolume::default() };
            let until = cloud.deadline(Wait::ResizeVolume);
            let resized = operation
                .step(
                    Intent::change("resize", &disk.id),
                    async || ended(cloud.run(&resize, until).await.map(drop)),
                    async || {
                        let volume = cloud.volume_by_id(&disk.id).await?;
                        if volume.is_some_and(|volume| volume.size >= size.bytes()) {
                            return Ok(Some(()));
                        }
                        // What grows to a size twice has that size.
                        cloud.run(&resize, until).await.map(|_| Some(()))
                    },
                )
                .await;
            match resized {
                Ok(()) => Ok(((), None)),
                Err(failure) if failure.has_code(431) && is_fixed(cloud, &disk).await => {
                    let advice = "its disk offering has a fixed size; the director copies it to a \
                                  new disk instead";
                    Err(CpiError::not_supported(format!("{tried}: {failure} ({advice})")))
                }
                Err(failure) => Err(failed(failure)),
            }
        })
        .await
}

/// Whether the volume's offering has a size of its own.
async fn is_fixed(cloud: &CloudStack, disk: &Volume) -> bool {
    let Some(offering) = &disk.diskofferingid else { return false };
    let offering = Wanted::new(offering, "the disk's offering");
    let found = cloud.disk_offerings(&offering).await;
    found.is_ok_and(|found| found.iter().any(|offering| !offering.custom))
}
