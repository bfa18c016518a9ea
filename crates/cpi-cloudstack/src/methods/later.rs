//! What the contract has and this release has not yet.

use bosh_cpi::CpiError;

/// The director then makes a new disk and copies.
pub(crate) fn update_disk() -> CpiError {
    CpiError::not_supported(
        "update_disk: this release of the CPI changes no disk in place but by resize_disk",
    )
}

/// Networks that BOSH manages.
pub(crate) fn networks() -> CpiError {
    CpiError::not_supported(
        "this release of the CPI makes and deletes no networks: make them in CloudStack and name \
         them in the cloud-config, without managed: true",
    )
}
