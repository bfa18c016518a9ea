//! `has_vm`: whether a VM is there. One that was cancelled is not, although SoftLayer tells of it
//! for a while; and a cloud that cannot be asked is an error, not a no.

use crate::errors::{Activity, ResultExt};
use crate::resources::machine;
use crate::session::SoftLayer;
use bosh_cpi::Result;
use bosh_cpi::method::HasVm;

pub(crate) async fn run(cloud: &SoftLayer, call: HasVm) -> Result<bool> {
    let cid = call.vm_cid;
    let found = machine::find(cloud, &cid).await;
    let found = found.during(Activity::FindVm, || format!("looking for VM {cid}"))?;
    Ok(found.is_some())
}
