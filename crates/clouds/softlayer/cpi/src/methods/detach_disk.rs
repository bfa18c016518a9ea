//! `detach_disk`: takes a volume from the VM that is named, and from no other.

use crate::SoftLayer;
use crate::cids::{Machine, disk_id, no_disk};
use crate::errors::{self, Activity};
use crate::properties::Wait;
use crate::steps::{Intent, ended};
use crate::storage::holders;
use bosh_cpi::method::DetachDisk;
use bosh_cpi::{CpiError, ErrorKind, Result};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &SoftLayer, call: DetachDisk) -> Result<()> {
    let tried = format!("detaching disk {} from VM {}", call.disk_cid, call.vm_cid);
    let failed = |failure| errors::answer(Activity::DetachDisk, &tried, failure);
    let not_attached =
        || CpiError::new(ErrorKind::DiskNotAttached, format!("{tried}: it is not attached to it"));
    let id = disk_id(&call.disk_cid).ok_or_else(|| no_disk(&call.disk_cid))?;
    let cid = id.to_string();
    cloud.wait_for_earlier_calls_on(&cid).await?;
    let volume = cloud.volume(id).await.map_err(failed)?;
    let volume = volume.ok_or_else(|| no_disk(&call.disk_cid))?;
    let machine = Machine::of(&call.vm_cid).filter(|vm| holders(&volume).contains(vm));
    let machine = machine.ok_or_else(not_attached)?;
    cloud
        .operation("detach_disk", async |operation| {
            let until = cloud.deadline(Wait::AttachDisk);
            operation
                .step(
                    Intent::change("detach", &cid),
                    async || ended(cloud.deny(id, machine, until).await),
                    // What is detached twice is detached.
                    async || {
                        if cloud.is_allowed(id, machine).await? {
                            cloud.deny(id, machine, until).await?;
                        }
                        Ok(Some(()))
                    },
                )
                .await
                .map_err(failed)?;
            Ok(((), Some(cid.clone())))
        })
        .await
}
