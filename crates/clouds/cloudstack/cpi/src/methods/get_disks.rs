//! `get_disks`: the persistent disks of a VM.

use crate::errors::{Activity, ResultExt, vm_not_found};
use crate::naming::{is_ephemeral, is_legacy};
use crate::resources::{vm, volume};
use crate::session::CloudStack;
use bosh_cpi::method::GetDisks;
use bosh_cpi::{CpiError, DiskCid, Result};
use cloudstack::api::Volume;

pub(crate) async fn run(cloud: &CloudStack, call: GetDisks) -> Result<Vec<DiskCid>> {
    let cid = call.vm_cid;
    let tried = || format!("listing the disks of VM {cid}");
    let id = vm::id_of(cloud, &cid).await.during(Activity::FindVm, tried)?;
    let id = id.ok_or_else(|| vm_not_found(&cid))?;
    let volumes = volume::of_vm(cloud, &id).await.during(Activity::FindVm, tried)?;
    // A VM has a root disk; what has none is no VM any more.
    if volumes.is_empty() {
        return Err(vm_not_found(&cid));
    }
    let persistent = |volume: &&Volume| volume.kind != "ROOT" && !is_ephemeral(&volume.name);
    volumes.iter().filter(persistent).map(disk_cid).collect()
}

/// The CID under which the director knows a disk.
fn disk_cid(volume: &Volume) -> Result<DiskCid> {
    let cid = if is_legacy(&volume.name) { &volume.name } else { &volume.id };
    DiskCid::new(cid).map_err(|e| CpiError::cloud(format!("listVolumes: {e}")))
}
