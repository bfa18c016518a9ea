//! The CPI's config: `{"cloud":{"plugin":…,"properties":{"<plugin>":{…},"agent":{…},…}}}`.

use crate::agent::AgentProperties;
use crate::properties::{Decoded, decode};
use crate::request::Context;
use crate::{CpiError, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::path::PathBuf;

/// A config as it was read, before a request's context is laid over it.
#[derive(Debug, Deserialize)]
pub struct Config {
    cloud: Cloud,
}

#[derive(Debug, Deserialize)]
struct Cloud {
    plugin: String,
    #[serde(default)]
    properties: Properties,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Properties {
    agent: AgentProperties,
    state_dir: Option<PathBuf>,
    #[serde(flatten)]
    plugins: Map<String, Value>,
}

impl Config {
    /// Reads a config; the error names the path of what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Config> {
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|e| CpiError::cpi(format!("the config is not JSON: {e}")))?;
        Ok(decode(value, "")?.value)
    }

    /// The cloud's name: `cloudstack`.
    pub fn plugin(&self) -> &str {
        &self.cloud.plugin
    }

    /// What every VM's agent is told.
    pub fn agent(&self) -> &AgentProperties {
        &self.cloud.properties.agent
    }

    /// Where state is kept, if the config says so.
    pub fn state_dir(&self) -> Option<&std::path::Path> {
        self.cloud.properties.state_dir.as_deref()
    }

    /// The plugin's properties for one call: the file's, and over them those that a cpi-config
    /// put into the request's context. Context keys that are no property are not ours.
    pub fn properties<T>(&self, context: &Context) -> Result<Decoded<T>>
    where
        T: DeserializeOwned,
    {
        let mut properties = match self.cloud.properties.plugins.get(self.plugin()) {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(map)) => map.clone(),
            Some(_) => {
                let path = self.path();
                return Err(CpiError::cpi(format!("{path}: expected a hash")));
            }
        };
        overlay(&mut properties, known::<T>(context)?);
        decode(Value::Object(properties), &self.path())
    }

    fn path(&self) -> String {
        format!("cloud.properties.{}", self.plugin())
    }
}

/// Those keys of the context that `T` knows. Every property of `T` has a default, so that a
/// part of them decodes on its own.
fn known<T: DeserializeOwned>(context: &Context) -> Result<Map<String, Value>> {
    let all = context.properties().clone();
    let unknown = decode::<T>(Value::Object(all.clone()), "context")?.unknown;
    let known = |key: &str| !unknown.iter().any(|path| path == &format!("context.{key}"));
    Ok(all.into_iter().filter(|(key, _)| known(key)).collect())
}

/// Lays `over` onto `map`; hashes are merged, everything else is replaced.
fn overlay(map: &mut Map<String, Value>, over: Map<String, Value>) {
    for (key, value) in over {
        match (map.get_mut(&key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => overlay(below, above),
            (_, value) => {
                map.insert(key, value);
            }
        }
    }
}
