//! A cloud that can be configured: what its crate hands to the runtime.

use crate::{DynProvider, Setup, StateDir};
use bosh_cpi::config::Config;
use bosh_cpi::{Request, Result};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value};

/// A cloud that `cloud.plugin` can name. The runtime has a list of them.
pub trait CloudPlugin: Sync {
    /// The name in `cloud.plugin`, and of the hash with the cloud's own properties.
    fn name(&self) -> &'static str;

    /// Brings `properties` (`cloud.properties` of a config) of an older release to their places.
    /// Answers what stands there and means nothing any more, with the reason.
    fn upgrade(&self, properties: &mut Map<String, Value>) -> Vec<String> {
        let _ = properties;
        Vec::new()
    }

    /// The provider for one request: the file's properties, and the context's laid over them.
    /// No I/O.
    ///
    /// # Errors
    /// Properties that are missing or invalid, by their path.
    fn provider(
        &self,
        request: &Request,
        config: &Config,
        state_dir: StateDir,
    ) -> Result<Box<dyn DynProvider>>;

    /// Paths of what the file and the context say and nothing knows.
    ///
    /// # Errors
    /// Properties of a wrong type, by their path.
    fn unknown_properties(&self, request: &Request, config: &Config) -> Result<Vec<String>>;

    /// What can be configured.
    fn schemas(&self, generator: &mut SchemaGenerator) -> PluginSchemas;
}

/// What can be configured for one cloud.
pub struct PluginSchemas {
    /// Its own properties in the config.
    pub properties: Schema,
    /// Its `cloud_properties`, by what they are of: `vm`, `disk`, `network`, `stemcell`.
    pub cloud_properties: Vec<(&'static str, Schema)>,
}

impl<'a, P> Setup<'a, P> {
    /// What a request and a config say, with the `properties` that were read of them.
    pub fn of(
        request: &'a Request,
        config: &Config,
        state_dir: StateDir,
        properties: P,
    ) -> Setup<'a, P> {
        Setup {
            properties,
            agent: config.agent().clone(),
            state_dir,
            director_uuid: request.context.director_uuid(),
            request_id: request.context.request_id(),
        }
    }
}
