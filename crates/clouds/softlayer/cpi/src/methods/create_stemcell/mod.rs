//! `create_stemcell`: takes an image that is there, or imports one through object storage.

mod heavy;
mod light;
mod os_code;
mod vhd_image;

use crate::properties::{self, StemcellProperties, given};
use crate::session::SoftLayer;
use bosh_cpi::method::{CreateStemcell, Hash};
use bosh_cpi::{CpiError, Result, StemcellCid};
use serde_json::Value;

pub(crate) async fn run(cloud: &SoftLayer, call: CreateStemcell) -> Result<StemcellCid> {
    let path = call.cloud_properties.path().to_owned();
    let stemcell: StemcellProperties =
        properties::read(&call.cloud_properties, cloud.properties.strict)?;
    check_infrastructure(&stemcell, &path)?;
    match light::is_light(&stemcell) {
        true => light::find(cloud, &stemcell, &path).await,
        false => heavy::import_image(cloud, &stemcell, &call, &path).await,
    }
}

/// An agent of another cloud's stemcell would look for its settings where SoftLayer has none.
fn check_infrastructure(stemcell: &StemcellProperties, path: &str) -> Result<()> {
    match given(&stemcell.infrastructure) {
        None | Some("softlayer" | "bluemix") => Ok(()),
        Some(other) => Err(CpiError::cloud(format!(
            "{path}.infrastructure: '{other}' is not supported: its agent looks for its settings \
             where SoftLayer has none; use a stemcell for softlayer"
        ))),
    }
}

/// The stemcell's version, as text.
fn version(stemcell: &StemcellProperties) -> String {
    match &stemcell.version {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Since version 3 of the contract a stemcell may have tags.
fn tags_of(env: &Hash) -> Hash {
    env.get("tags").and_then(Value::as_object).cloned().unwrap_or_default()
}
