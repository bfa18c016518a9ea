//! `create_network`: not for this cloud.

use crate::SoftLayer;
use bosh_cpi::answer::NetworkCreated;
use bosh_cpi::method::CreateNetwork;
use bosh_cpi::{CpiError, Result};

pub(crate) async fn run(_: &SoftLayer, _: CreateNetwork) -> Result<NetworkCreated> {
    Err(not_supported())
}

/// Why SoftLayer's networks are not made by BOSH.
pub(super) fn not_supported() -> CpiError {
    CpiError::not_supported(
        "SoftLayer sells VLANs and subnets to people, by orders that are approved by hand and \
         billed by the month: make them there, and name them by vlan_ids or subnet_ids in a \
         network without `managed: true`",
    )
}
