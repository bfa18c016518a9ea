//! What a world file says: the cloud as it is before anybody calls.

mod account;
mod catalog;
mod check;
mod network;
mod overlay;
mod population;
mod routing;
mod settings;
mod storage;
mod zone;

pub use account::{AccountSpec, ProjectSpec, RoleSpec};
pub use catalog::{
    Between, DiskOfferingSpec, OsTypeSpec, ServiceOfferingSpec, Storage, TemplateSpec,
};
pub use network::{NetworkKind, NetworkSpec};
pub use population::PopulationSpec;
pub use routing::{KeyPairSpec, NetworkOfferingSpec, PublicRangeSpec};
pub use settings::Settings;
pub use simulator_kit::{Latencies, Latency};
pub use storage::SecondaryStorage;
pub use zone::{ClusterSpec, HostSpec, ZoneKind, ZoneSpec};

use schemars::JsonSchema;
use serde::Deserialize;

/// The world of the transcripts.
const DEFAULT: &str = include_str!("../../worlds/default.yaml");

/// A cloud to simulate.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// The CloudStack version that it claims to be.
    pub version: String,
    /// Makes ids and addresses come in the same order each time.
    #[serde(default)]
    pub seed: Option<u64>,
    /// The root domain.
    pub domain: Named,
    /// Global settings.
    #[serde(default)]
    pub settings: Settings,
    /// How long calls and jobs take.
    #[serde(default)]
    pub latency: Latencies,
    /// How images come in.
    #[serde(default)]
    pub secondary_storage: SecondaryStorage,
    /// Who may call.
    pub accounts: Vec<AccountSpec>,
    /// Its projects.
    #[serde(default)]
    pub projects: Vec<ProjectSpec>,
    /// Its zones.
    pub zones: Vec<ZoneSpec>,
    /// The OS types that it knows.
    #[serde(default)]
    pub os_types: Vec<OsTypeSpec>,
    /// Its service offerings.
    #[serde(default)]
    pub service_offerings: Vec<ServiceOfferingSpec>,
    /// Its disk offerings.
    #[serde(default)]
    pub disk_offerings: Vec<DiskOfferingSpec>,
    /// Its templates.
    #[serde(default)]
    pub templates: Vec<TemplateSpec>,
    /// Its guest networks, the newest first.
    #[serde(default)]
    pub networks: Vec<NetworkSpec>,
    /// Its public addresses.
    #[serde(default)]
    pub public_ranges: Vec<PublicRangeSpec>,
    /// Network offerings beside those that every CloudStack comes with.
    #[serde(default)]
    pub network_offerings: Vec<NetworkOfferingSpec>,
    /// Its SSH key pairs.
    #[serde(default)]
    pub key_pairs: Vec<KeyPairSpec>,
    /// Rows by their number, for a cloud that is large from the start.
    #[serde(default)]
    pub population: Vec<PopulationSpec>,
}

/// Something with a name and an id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A world file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// It is not YAML.
    #[error("the world is not YAML: {0}")]
    Yaml(String),
    /// It says something wrong; the path tells where.
    #[error("the world says something wrong at {path}: {reason}")]
    Content {
        /// Where: `zones[1].name`.
        path: String,
        /// What.
        reason: String,
    },
}

impl World {
    /// Reads a world file.
    pub fn from_yaml(text: &str) -> Result<Self, WorldError> {
        Self::read(yaml(text)?)
    }

    /// The built-in world with a difference: rows of a known name are changed, others added.
    pub fn builtin_with(text: &str) -> Result<Self, WorldError> {
        let mut value = yaml(DEFAULT)?;
        overlay::lay_over(&mut value, yaml(text)?);
        Self::read(value)
    }

    fn read(value: serde_json::Value) -> Result<Self, WorldError> {
        let world: Self = serde_path_to_error::deserialize(value).map_err(|e| {
            WorldError::Content { path: e.path().to_string(), reason: e.inner().to_string() }
        })?;
        world.check()?;
        Ok(world)
    }

    /// The text of the built-in world, to start one's own from.
    pub fn default_yaml() -> &'static str {
        DEFAULT
    }

    /// The built-in world: the cloud of the recorded walks.
    pub fn builtin() -> Self {
        match Self::from_yaml(DEFAULT) {
            Ok(world) => world,
            // A test reads it; it is part of the program.
            Err(error) => unreachable!("{error}"),
        }
    }

    /// The same world, in which nothing takes time.
    pub fn instant(mut self) -> Self {
        self.latency = Latencies::default();
        self
    }
}

fn yaml(text: &str) -> Result<serde_json::Value, WorldError> {
    serde_saphyr::from_str(text).map_err(|e| WorldError::Yaml(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The built-in world can be read, and a typing error in a world file is named with its place.
    #[test]
    fn worlds_are_read_and_typing_errors_are_named() {
        assert!(World::builtin().zones.iter().any(|zone| zone.name == "adv"));
        let wrong = DEFAULT.replace("- name: basic", "- nmae: basic");
        let error = World::from_yaml(&wrong).unwrap_err().to_string();
        assert!(error.contains("zones[1]") && error.contains("nmae"), "{error}");
        let wrong = DEFAULT.replacen("  zone: adv\n", "  zone: avd\n", 1);
        let error = World::from_yaml(&wrong).unwrap_err().to_string();
        assert!(error.contains("networks[0].zone") && error.contains("avd"), "{error}");
    }
}
