//! `get_disks`: the volumes that a VM may mount.

use crate::cids::Machine;
use crate::errors::{Activity, ResultExt, vm_not_found};
use crate::resources::volume::{self, holders};
use crate::resources::volume_access;
use crate::session::SoftLayer;
use bosh_cpi::method::GetDisks;
use bosh_cpi::{CpiError, DiskCid, Result};
use softlayer::Filter;

pub(crate) async fn run(cloud: &SoftLayer, call: GetDisks) -> Result<Vec<DiskCid>> {
    let cid = &call.vm_cid;
    let tried = format!("listing the disks of VM {cid}");
    let machine = Machine::of(cid).ok_or_else(|| vm_not_found(cid))?;
    let mounts = volume_access::mounts(cloud, machine).await.during(Activity::FindVm, || &tried)?;
    let mounts = mounts.ok_or_else(|| vm_not_found(cid))?;
    if mounts.volumes.is_empty() {
        return Ok(Vec::new());
    }
    // A machine may mount file shares too, which are no disks.
    let of_vm = Filter::one_of("id", &mounts.volumes);
    let mut volumes = volume::list(cloud, &of_vm).await.during(Activity::FindVm, || &tried)?;
    volumes.retain(|volume| holders(volume).contains(&machine));
    volumes.sort_by_key(|volume| volume.id);
    let cids = volumes.iter().map(|volume| DiskCid::new(volume.id.to_string()));
    cids.map(|cid| cid.map_err(|e| CpiError::cloud(e.to_string()))).collect()
}
