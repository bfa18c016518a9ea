//! `has_vm`: whether a VM is there. One that waits to be expunged is not; and a cloud that
//! cannot be asked is an error, not a no.

use crate::CloudStack;
use crate::errors::{self, Activity};
use bosh_cpi::Result;
use bosh_cpi::method::HasVm;

pub(crate) async fn run(cloud: &CloudStack, call: HasVm) -> Result<bool> {
    let cid = call.vm_cid;
    match cloud.vm(&cid).await {
        Ok(vm) => Ok(vm.is_some()),
        Err(failure) => {
            Err(errors::answer(Activity::FindVm, format!("looking for VM {cid}"), failure))
        }
    }
}
