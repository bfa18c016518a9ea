//! `info`: what this CPI speaks. Asks nobody and opens nothing, since it precedes every call.

use crate::properties::PATH;
use crate::session::CloudStack;
use bosh_cpi::method::InfoCall;
use bosh_cpi::{ApiVersion, CpiError, Info, Result};

/// What create_stemcell takes. Those for OpenStack and vSphere are changed on their way, such that
/// their agent finds its settings.
const FORMATS: &[&str] = &[
    "cloudstack-light",
    "cloudstack-qcow2",
    "cloudstack-raw",
    "cloudstack-vhd",
    "cloudstack-vhdx",
    "cloudstack-ova",
    "openstack-qcow2",
    "openstack-raw",
    "vsphere-ova",
    "vsphere-ovf",
];

pub(crate) async fn run(cloud: &CloudStack, _: InfoCall) -> Result<Info> {
    let api_version = match cloud.properties.highest_api_version() {
        None => ApiVersion::LATEST,
        Some(version) => ApiVersion::new(version.into()).ok_or_else(|| {
            CpiError::cpi(format!("{PATH}.api_version: expected 1, 2 or 3, got {version}"))
        })?,
    };
    Ok(Info { api_version, stemcell_formats: FORMATS.iter().map(ToString::to_string).collect() })
}
