//! `get_disks`: the persistent disks of a VM.

use super::cids::no_vm;
use crate::CloudStack;
use crate::errors::{self, Activity};
use crate::naming::{is_ephemeral, is_legacy};
use bosh_cpi::method::GetDisks;
use bosh_cpi::{CpiError, DiskCid, Result};
use cloudstack::api::Volume;

pub(crate) async fn run(cloud: &CloudStack, call: GetDisks) -> Result<Vec<DiskCid>> {
    let cid = call.vm_cid;
    let failed = |failure| {
        errors::answer(Activity::FindVm, format!("listing the disks of VM {cid}"), failure)
    };
    let id = cloud.vm_id(&cid).await.map_err(failed)?.ok_or_else(|| no_vm(&cid))?;
    let volumes = cloud.volumes_of(&id).await.map_err(failed)?;
    // A VM has a root disk; what has none is no VM any more.
    if volumes.is_empty() {
        return Err(no_vm(&cid));
    }
    let persistent = |volume: &&Volume| volume.kind != "ROOT" && !is_ephemeral(&volume.name);
    volumes.iter().filter(persistent).map(disk_cid).collect()
}

/// The CID under which the director knows a disk.
fn disk_cid(volume: &Volume) -> Result<DiskCid> {
    let cid = if is_legacy(&volume.name) { &volume.name } else { &volume.id };
    DiskCid::new(cid).map_err(|e| CpiError::cloud(format!("listVolumes: {e}")))
}
