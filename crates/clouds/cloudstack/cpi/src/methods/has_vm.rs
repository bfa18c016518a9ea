//! `has_vm`: whether a VM exists. One that waits to be expunged does not; and a cloud that
//! cannot be asked is an error, not a no.

use crate::errors::{Activity, ResultExt};
use crate::resources::vm;
use crate::session::CloudStack;
use bosh_cpi::Result;
use bosh_cpi::method::HasVm;

pub(crate) async fn run(cloud: &CloudStack, call: HasVm) -> Result<bool> {
    let cid = call.vm_cid;
    let tried = || format!("looking up VM {cid}");
    // A director that hears no makes another: only two looks that agree are believed.
    for _ in 0..2 {
        if vm::find(cloud, &cid).await.during(Activity::FindVm, tried)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
