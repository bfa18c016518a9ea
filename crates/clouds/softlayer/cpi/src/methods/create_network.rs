//! `create_network` and `delete_network`: not for this cloud.

use bosh_cpi::CpiError;

/// Why SoftLayer's networks are not made by BOSH.
pub(crate) fn not_supported() -> CpiError {
    CpiError::not_supported(
        "SoftLayer sells VLANs and subnets to people, by orders that are approved by hand and \
         billed by the month: make them there, and name them by vlan_ids or subnet_ids in a \
         network without `managed: true`",
    )
}
