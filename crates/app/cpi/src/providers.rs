//! Which clouds there are: one arm for each.

use crate::state_dir::StateDir;
use bosh_cpi::config::Config;
use bosh_cpi::{CpiError, Request, Result};
use cpi_cloudstack::CloudStack;
use cpi_cloudstack::properties::{self as cloudstack, CloudStackProperties};
use cpi_kit::{DynProvider, Setup};
use cpi_softlayer::SoftLayer;
use cpi_softlayer::properties::{self as softlayer, SoftLayerProperties};
use schemars::{Schema, SchemaGenerator};

/// The names that `cloud.plugin` may have.
pub const PLUGINS: &[&str] = &["cloudstack", "softlayer"];

/// The provider of the cloud that `config` names, with its properties for this request. Touches
/// nothing.
pub fn configured(
    request: &Request,
    config: &Config,
    state_dir: StateDir,
) -> Result<Box<dyn DynProvider>> {
    match config.plugin() {
        "cloudstack" => {
            let properties = config.properties::<CloudStackProperties>(&request.context)?;
            let strict = properties.value.strict;
            let setup = setup(request, config, state_dir, properties.accept(strict)?);
            Ok(Box::new(CloudStack::new(setup)?))
        }
        "softlayer" => {
            let properties = config.properties::<SoftLayerProperties>(&request.context)?;
            let strict = properties.value.strict;
            let setup = setup(request, config, state_dir, properties.accept(strict)?);
            Ok(Box::new(SoftLayer::new(setup)?))
        }
        other => Err(CpiError::cpi(format!(
            "cloud.plugin: there is no '{other}', only {}",
            PLUGINS.join(", ")
        ))),
    }
}

fn setup<'a, P>(
    request: &'a Request,
    config: &Config,
    state_dir: StateDir,
    properties: P,
) -> Setup<'a, P> {
    Setup {
        properties,
        agent: config.agent().clone(),
        state_dir: cpi_kit::StateDir::lazy(move || state_dir.open()),
        director_uuid: request.context.director_uuid(),
        request_id: request.context.request_id(),
    }
}

/// What can be configured for one cloud.
pub struct Schemas {
    /// Its name.
    pub plugin: &'static str,
    /// Its own properties in the config.
    pub properties: Schema,
    /// Its `cloud_properties`, by what they are of.
    pub cloud_properties: Vec<(&'static str, Schema)>,
}

/// The schemas of every cloud's properties.
pub fn schemas(generator: &mut SchemaGenerator) -> Vec<Schemas> {
    vec![
        Schemas {
            plugin: "cloudstack",
            properties: generator.subschema_for::<CloudStackProperties>(),
            cloud_properties: vec![
                ("vm", generator.subschema_for::<cloudstack::VmProperties>()),
                ("disk", generator.subschema_for::<cloudstack::DiskProperties>()),
                ("network", generator.subschema_for::<cloudstack::NetworkProperties>()),
                ("stemcell", generator.subschema_for::<cloudstack::StemcellProperties>()),
            ],
        },
        Schemas {
            plugin: "softlayer",
            properties: generator.subschema_for::<SoftLayerProperties>(),
            cloud_properties: vec![
                ("vm", generator.subschema_for::<softlayer::VmProperties>()),
                ("disk", generator.subschema_for::<softlayer::DiskProperties>()),
                ("network", generator.subschema_for::<softlayer::NetworkProperties>()),
                ("stemcell", generator.subschema_for::<softlayer::StemcellProperties>()),
            ],
        },
    ]
}
