//! Which clouds there are: one arm for each.

use crate::state_dir::StateDir;
use bosh_cpi::config::Config;
use bosh_cpi::{ApiVersion, Call, CpiError, Request, Result};
use cpi_cloudstack::properties::{
    CloudStackProperties, DiskProperties, NetworkProperties, StemcellProperties, VmProperties,
};
use cpi_cloudstack::{CloudStack, Finding, Found, GcPolicy, Questions, Setup};
use ledger::{Ledger, Recovery};
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

/// The names that `cloud.plugin` may have.
pub const PLUGINS: &[&str] = &["cloudstack"];

/// The provider of the configured cloud.
pub enum Cloud {
    /// CloudStack.
    CloudStack(Box<CloudStack>),
}

impl Cloud {
    /// The cloud that `config` names, with its properties for this request. Touches nothing.
    pub fn configured(request: &Request, config: &Config, state_dir: StateDir) -> Result<Self> {
        match config.plugin() {
            "cloudstack" => {
                let properties = config.properties::<CloudStackProperties>(&request.context)?;
                let strict = properties.value.strict;
                let cloud = CloudStack::new(Setup {
                    properties: properties.accept(strict)?,
                    agent: config.agent().clone(),
                    state_dir: cpi_cloudstack::StateDir::lazy(move || state_dir.open()),
                    director_uuid: request.context.director_uuid(),
                    request_id: request.context.request_id(),
                });
                Ok(Self::CloudStack(Box::new(cloud?)))
            }
            other => Err(CpiError::cpi(format!(
                "cloud.plugin: there is no '{other}', only {}",
                PLUGINS.join(", ")
            ))),
        }
    }

    /// Finishes what dead calls left open, then does `call`.
    pub async fn run(&self, call: Call, version: ApiVersion) -> Result<Value> {
        let Self::CloudStack(cloud) = self;
        if !matches!(call, Call::InfoCall(_)) {
            cloud.open_with(&call.cids()).await?;
        }
        call.run(cloud.as_ref(), version).await
    }

    /// The journal.
    pub async fn ledger(&self) -> Result<&Ledger> {
        let Self::CloudStack(cloud) = self;
        cloud.ledger().await
    }

    /// Undoes what dead calls left open, and insists on it.
    pub async fn recover(&self) -> Result<Recovery> {
        let Self::CloudStack(cloud) = self;
        cloud.recover().await
    }

    /// Whether the config and the cloud go together.
    pub async fn examine(&self, questions: &Questions) -> Vec<Finding> {
        let Self::CloudStack(cloud) = self;
        cloud.examine(questions).await
    }

    /// What bears our name, with what becomes of it.
    pub async fn garbage(&self, policy: &GcPolicy) -> Result<Vec<Found>> {
        let Self::CloudStack(cloud) = self;
        cloud.garbage(policy).await
    }

    /// Deletes a piece of garbage.
    pub async fn delete_garbage(&self, found: &Found) -> Result<()> {
        let Self::CloudStack(cloud) = self;
        cloud.delete_garbage(found).await
    }

    /// To be called once the answer was written.
    pub async fn answer_was_written(&self) {
        let Self::CloudStack(cloud) = self;
        cloud.answer_was_written().await;
    }

    /// To be called if nobody learns of the result: what was made is undone.
    pub async fn answer_was_lost(&self) -> Result<()> {
        let Self::CloudStack(cloud) = self;
        cloud.answer_was_lost().await
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
    vec![Schemas {
        plugin: "cloudstack",
        properties: generator.subschema_for::<CloudStackProperties>(),
        cloud_properties: vec![
            ("vm", generator.subschema_for::<VmProperties>()),
            ("disk", generator.subschema_for::<DiskProperties>()),
            ("network", generator.subschema_for::<NetworkProperties>()),
            ("stemcell", generator.subschema_for::<StemcellProperties>()),
        ],
    }]
}
