//! The contract's trait: one line a method, one file a method.

use crate::SoftLayer;
use crate::methods::*;
use bosh_cpi::answer::NetworkCreated;
use bosh_cpi::method::*;
use bosh_cpi::{Cpi, DiskCid, DiskHint, Info, Result, SnapshotCid};

impl Cpi for SoftLayer {
    async fn info(&self, _: InfoCall) -> Result<Info> {
        info::run(self)
    }
}
