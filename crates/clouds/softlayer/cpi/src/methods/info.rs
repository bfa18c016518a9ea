//! `info`: what this CPI speaks. Asks nobody and opens nothing, since it precedes every call.

use crate::properties::PATH;
use crate::session::SoftLayer;
use bosh_cpi::method::InfoCall;
use bosh_cpi::{ApiVersion, CpiError, Info, Result};

/// What create_stemcell takes: the formats of the stemcells that were made for this cloud.
const FORMATS: &[&str] = &["softlayer-light", "softlayer-ovf"];

pub(crate) async fn run(cloud: &SoftLayer, _: InfoCall) -> Result<Info> {
    let api_version = match cloud.properties.highest_api_version() {
        None => ApiVersion::LATEST,
        Some(version) => ApiVersion::new(version.into()).ok_or_else(|| {
            CpiError::cpi(format!("{PATH}.api_version: expected 1, 2 or 3, got {version}"))
        })?,
    };
    Ok(Info { api_version, stemcell_formats: FORMATS.iter().map(ToString::to_string).collect() })
}
