//! `detach_disk`: takes a volume from the VM that is named, and from no other.

use crate::api::step_outcome;
use crate::cids::{Machine, disk_id};
use crate::errors::{Activity, ResultExt, disk_not_found};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::volume::{self, holders};
use crate::resources::volume_access;
use crate::session::SoftLayer;
use bosh_cpi::method::DetachDisk;
use bosh_cpi::{CpiError, ErrorKind, Result};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &SoftLayer, call: DetachDisk) -> Result<()> {
    let tried = format!("detaching disk {} from VM {}", call.disk_cid, call.vm_cid);
    let not_attached = || {
        CpiError::new(
            ErrorKind::DiskNotAttached,
            format!("{tried}: the disk is not attached to this VM"),
        )
    };
    let id = disk_id(&call.disk_cid).ok_or_else(|| disk_not_found(&call.disk_cid))?;
    let cid = id.to_string();
    cloud.wait_for_earlier_calls_on(&cid).await?;
    let volume = volume::find(cloud, id).await.during(Activity::DetachDisk, || &tried)?;
    let volume = volume.ok_or_else(|| disk_not_found(&call.disk_cid))?;
    let machine = Machine::of(&call.vm_cid).filter(|vm| holders(&volume).contains(vm));
    let machine = machine.ok_or_else(not_attached)?;
    cloud
        .operation("detach_disk", async |operation| {
            let until = cloud.deadline(Wait::AttachDisk);
            operation
                .step(
                    Intent::change("detach", &cid),
                    async || step_outcome(volume_access::remove(cloud, id, machine, until).await),
                    // What is detached twice is detached.
                    async || {
                        if volume_access::is_allowed(cloud, id, machine).await? {
                            volume_access::remove(cloud, id, machine, until).await?;
                        }
                        Ok(Some(()))
                    },
                )
                .await
                .during(Activity::DetachDisk, || &tried)?;
            Ok(((), Some(cid.clone())))
        })
        .await
}
