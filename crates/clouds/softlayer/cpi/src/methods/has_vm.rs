//! `has_vm`: whether a VM is there. One that was cancelled is not, although SoftLayer tells of it
//! for a while; and a cloud that cannot be asked is an error, not a no.

use crate::SoftLayer;
use crate::errors::{self, Activity};
use bosh_cpi::Result;
use bosh_cpi::method::HasVm;

pub(crate) async fn run(cloud: &SoftLayer, call: HasVm) -> Result<bool> {
    let cid = call.vm_cid;
    match cloud.machine(&cid).await {
        Ok(seen) => Ok(seen.is_some()),
        Err(failure) => {
            Err(errors::answer(Activity::FindVm, format!("looking for VM {cid}"), failure))
        }
    }
}
