//! CloudStack as `cloud.plugin` names it.

use crate::CloudStack;
use crate::properties::older_releases;
use crate::properties::{
    CloudStackProperties, DiskProperties, NetworkProperties, StemcellProperties, VmProperties,
};
use bosh_cpi::config::Config;
use bosh_cpi::{Request, Result};
use cpi_kit::{CloudPlugin, DynProvider, PluginSchemas, Setup, StateDir};
use schemars::SchemaGenerator;
use serde_json::{Map, Value};

/// The plugin `cloudstack`.
#[derive(Debug, Clone, Copy)]
pub struct Plugin;

impl CloudPlugin for Plugin {
    fn name(&self) -> &'static str {
        "cloudstack"
    }

    fn upgrade(&self, properties: &mut Map<String, Value>) -> Vec<String> {
        older_releases::upgrade(properties)
    }

    fn provider(
        &self,
        request: &Request,
        config: &Config,
        state_dir: StateDir,
    ) -> Result<Box<dyn DynProvider>> {
        let properties = config.properties::<CloudStackProperties>(&request.context)?;
        let strict = properties.value.strict;
        let setup = Setup::of(request, config, state_dir, properties.accept(strict)?);
        Ok(Box::new(CloudStack::new(setup)?))
    }

    fn unknown_properties(&self, request: &Request, config: &Config) -> Result<Vec<String>> {
        Ok(config.properties::<CloudStackProperties>(&request.context)?.unknown)
    }

    fn schemas(&self, generator: &mut SchemaGenerator) -> PluginSchemas {
        PluginSchemas {
            properties: generator.subschema_for::<CloudStackProperties>(),
            cloud_properties: vec![
                ("vm", generator.subschema_for::<VmProperties>()),
                ("disk", generator.subschema_for::<DiskProperties>()),
                ("network", generator.subschema_for::<NetworkProperties>()),
                ("stemcell", generator.subschema_for::<StemcellProperties>()),
            ],
        }
    }
}
