//! `get_disks`: the volumes that a VM may mount.

use crate::SoftLayer;
use crate::cids::{Machine, no_vm};
use crate::errors::{self, Activity};
use crate::storage::holders;
use bosh_cpi::method::GetDisks;
use bosh_cpi::{CpiError, DiskCid, Result};
use softlayer::Filter;

pub(crate) async fn run(cloud: &SoftLayer, call: GetDisks) -> Result<Vec<DiskCid>> {
    let cid = &call.vm_cid;
    let failed = |failure| errors::answer(Activity::FindVm, format!("disks of VM {cid}"), failure);
    let machine = Machine::of(cid).ok_or_else(|| no_vm(cid))?;
    let mounts = cloud.mounts(machine).await.map_err(failed)?.ok_or_else(|| no_vm(cid))?;
    if mounts.volumes.is_empty() {
        return Ok(Vec::new());
    }
    // A machine may mount file shares too, which are no disks.
    let of_vm = Filter::one_of("id", &mounts.volumes);
    let mut volumes = cloud.volumes(&of_vm).await.map_err(failed)?;
    volumes.retain(|volume| holders(volume).contains(&machine));
    volumes.sort_by_key(|volume| volume.id);
    let cids = volumes.iter().map(|volume| DiskCid::new(volume.id.to_string()));
    cids.map(|cid| cid.map_err(|e| CpiError::cloud(e.to_string()))).collect()
}
