//! What a world file says: the account as it is before anybody calls.

mod account;
mod check;
mod settings;
mod timing;

pub use account::{
    DatacenterSpec, DedicatedHostSpec, GlobalAddressSpec, ImageSpec, PresetSpec, Space, SubnetSpec,
    UserSpec, VlanSpec,
};
pub use settings::{Odd, RateLimit, Settings};
pub use timing::{Phase, Timing};

use schemars::JsonSchema;
use serde::Deserialize;
use simulator_kit::Latencies;

/// An invented account.
const DEFAULT: &str = include_str!("../../worlds/default.yaml");

/// An account to simulate.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// The account's number.
    pub account: u64,
    /// Makes ids, MACs and passwords come in the same order each time.
    #[serde(default)]
    pub seed: Option<u64>,
    /// What changes how the service answers.
    #[serde(default)]
    pub settings: Settings,
    /// How long calls take to be answered.
    #[serde(default)]
    pub latency: Latencies,
    /// How long things take to happen.
    #[serde(default)]
    pub timing: Timing,
    /// Who may call.
    pub users: Vec<UserSpec>,
    /// The data centres.
    pub datacenters: Vec<DatacenterSpec>,
    /// The account's VLANs and their subnets.
    #[serde(default)]
    pub vlans: Vec<VlanSpec>,
    /// The images that it can see.
    #[serde(default)]
    pub images: Vec<ImageSpec>,
    /// Its global addresses.
    #[serde(default)]
    pub global_addresses: Vec<GlobalAddressSpec>,
    /// Its dedicated hosts.
    #[serde(default)]
    pub dedicated_hosts: Vec<DedicatedHostSpec>,
    /// Its security groups.
    #[serde(default)]
    pub security_groups: Vec<Named>,
    /// Its placement groups.
    #[serde(default)]
    pub placement_groups: Vec<Named>,
    /// The flavors of virtual guests.
    #[serde(default)]
    pub flavors: Vec<PresetSpec>,
    /// The presets of hardware servers.
    #[serde(default)]
    pub hardware_presets: Vec<PresetSpec>,
}

/// Something with an id and a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
}

/// A world file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// It is not YAML.
    #[error("the world file is not valid YAML: {0}")]
    Yaml(String),
    /// It says something wrong; the path tells where.
    #[error("the world file is invalid at {path}: {reason}")]
    Content {
        /// Where: `vlans[1].name`.
        path: String,
        /// What.
        reason: String,
    },
}

impl World {
    /// Reads a world file.
    pub fn from_yaml(text: &str) -> Result<Self, WorldError> {
        let value: serde_json::Value =
            serde_saphyr::from_str(text).map_err(|e| WorldError::Yaml(e.to_string()))?;
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

    /// The built-in world.
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
        self.timing.scale = 0.0;
        self
    }

    /// The same world, in which everything takes this part of the time that it really does.
    pub fn scaled(mut self, scale: f64) -> Self {
        self.timing.scale = scale;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The built-in world can be read, and a typing error in a world file is named with its place.
    #[test]
    fn worlds_are_read_and_typing_errors_are_named() {
        assert!(World::builtin().datacenters.iter().any(|it| it.name == "dal13"));
        let wrong = DEFAULT.replacen("number:", "nmber:", 1);
        let error = World::from_yaml(&wrong).unwrap_err().to_string();
        assert!(error.contains("vlans[0]") && error.contains("nmber"), "{error}");
        let wrong = DEFAULT.replacen("datacenter: dal13", "datacenter: dal31", 1);
        let error = World::from_yaml(&wrong).unwrap_err().to_string();
        assert!(error.contains("dal31"), "{error}");
    }
}
