//! The CPI's config: `{"cloud":{"plugin":…,"properties":{"<plugin>":{…},"agent":{…},…}}}`.

use crate::agent::AgentProperties;
use crate::properties::{Decoded, decode};
use crate::request::Context;
use crate::{CpiError, Result};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// A config as it was read, before a request's context is laid over it.
pub struct Config {
    plugin: String,
    common: CommonProperties,
    /// The hash named like the plugin. It holds secrets, so a config has no `Debug`.
    properties: Map<String, Value>,
    unknown: Vec<String>,
}

/// The properties under `cloud.properties` that every cloud has, beside the cloud's own hash.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CommonProperties {
    /// What every VM's agent is told.
    pub agent: AgentProperties,
    /// The folder for what outlives a call. Without it: `/var/vcap/store/<plugin>_cpi` if that
    /// can be written, else `.bosh/<plugin>_cpi` in the home folder.
    pub state_dir: Option<PathBuf>,
    /// Traces of each call, for OpenTelemetry.
    pub traces: TracesProperties,
}

/// Where traces go: a span for each call, each request to the cloud's API and each wait.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct TracesProperties {
    /// The collector that takes OTLP over HTTP: `http://127.0.0.1:4318`. Without it there are no
    /// traces.
    pub endpoint: Option<String>,
    /// The most seconds that a call waits, once it is answered, for the collector.
    pub timeout: f64,
}

impl Default for TracesProperties {
    fn default() -> Self {
        Self { endpoint: None, timeout: 1.0 }
    }
}

/// How much is logged: a property `log_level` of each plugin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// And what is odd.
    Warn,
    /// And a few lines for each call.
    #[default]
    Info,
    /// And each request to the cloud.
    Debug,
    /// And everything else.
    Trace,
}

impl Config {
    /// Reads a config; the error names the path of what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Config> {
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|e| CpiError::cpi(format!("the config is not JSON: {e}")))?;
        Self::from_value(value)
    }

    /// Reads a config that was JSON or YAML; the error names the path of what is wrong.
    pub fn from_value(value: Value) -> Result<Config> {
        let mut config = hash(value, "the config")?;
        let mut cloud = hash(config.shift_remove("cloud").unwrap_or_default(), "cloud")?;
        let plugin = match cloud.shift_remove("plugin") {
            Some(Value::String(plugin)) if !plugin.is_empty() => plugin,
            None | Some(Value::Null) => {
                return Err(CpiError::cpi("cloud.plugin: missing, expected the cloud's name"));
            }
            Some(_) => return Err(CpiError::cpi("cloud.plugin: expected the cloud's name")),
        };
        let mut common =
            hash(cloud.shift_remove("properties").unwrap_or_default(), "cloud.properties")?;
        let properties = hash(
            common.shift_remove(&plugin).unwrap_or_default(),
            &format!("cloud.properties.{plugin}"),
        )?;
        let Decoded { value: common, unknown } = decode(Value::Object(common), "cloud.properties")?;
        Ok(Config { plugin, common, properties, unknown })
    }

    /// The cloud's name: `cloudstack`.
    pub fn plugin(&self) -> &str {
        &self.plugin
    }

    /// The properties that every cloud has.
    pub fn common(&self) -> &CommonProperties {
        &self.common
    }

    /// What every VM's agent is told.
    pub fn agent(&self) -> &AgentProperties {
        &self.common.agent
    }

    /// Where state is kept, if the config says so.
    pub fn state_dir(&self) -> Option<&std::path::Path> {
        self.common.state_dir.as_deref()
    }

    /// The plugin's `log_level` for one call, as [`Config::properties`] would find it.
    pub fn log_level(&self, context: &Context) -> Result<LogLevel> {
        let below = (self.properties.clone(), "cloud.properties".to_owned());
        let layers = [below].into_iter().chain(self.layers(context)?);
        let named = layers.filter_map(|(hash, at)| Some((hash.get("log_level")?.clone(), at)));
        match named.into_iter().next_back().filter(|(level, _)| !level.is_null()) {
            Some((level, at)) => Ok(decode(level, &format!("{at}.log_level"))?.value),
            None => Ok(LogLevel::default()),
        }
    }

    /// What a cpi-config says, with where it stands: the hash named like the plugin, and over it
    /// the keys at the context's top.
    fn layers(&self, context: &Context) -> Result<Vec<(Map<String, Value>, String)>> {
        let mut top = context.properties().clone();
        top.retain(|key, _| !DIRECTORS_OWN.contains(&key.as_str()));
        let path = format!("context.{}", self.plugin);
        let own = hash(top.shift_remove(&self.plugin).unwrap_or_default(), &path)?;
        let layers = [(own, path), (top, "context".to_owned())];
        Ok(layers.into_iter().filter(|(hash, _)| !hash.is_empty()).collect())
    }

    /// The plugin's properties for one call: the file's, and over them those that a cpi-config
    /// put into the request's context, at its top or in a hash named like the plugin.
    ///
    /// The unknown ones are those of the whole file, and of the context all but the director's.
    pub fn properties<T>(&self, context: &Context) -> Result<Decoded<T>>
    where
        T: DeserializeOwned,
    {
        let path = format!("cloud.properties.{}", self.plugin);
        let mut unknown = self.unknown.clone();
        let below: Decoded<T> = decode(Value::Object(self.properties.clone()), &path)?;
        unknown.extend(below.unknown);
        let mut merged = self.properties.clone();
        for (hash, path) in self.layers(context)? {
            let (above, unknown_above) = known::<T>(hash, &path)?;
            unknown.extend(unknown_above);
            Overlay::<T>::default().lay(&mut merged, above);
        }
        let merged: Decoded<T> = decode(Value::Object(merged), &path)?;
        Ok(Decoded { value: merged.value, unknown })
    }
}

/// What a director itself puts into a context, beside a cpi-config's properties.
const DIRECTORS_OWN: [&str; 3] = ["director_uuid", "request_id", "vm"];

fn hash(value: Value, path: &str) -> Result<Map<String, Value>> {
    match value {
        Value::Null => Ok(Map::new()),
        Value::Object(map) => Ok(map),
        _ => Err(CpiError::cpi(format!("{path}: expected a hash"))),
    }
}

/// Those keys of `all` that `T` knows, and the paths of what it does not know. Every property of
/// `T` has a default, so that a part of them decodes on its own.
fn known<T: DeserializeOwned>(
    all: Map<String, Value>,
    path: &str,
) -> Result<(Map<String, Value>, Vec<String>)> {
    let unknown = decode::<T>(Value::Object(all.clone()), path)?.unknown;
    let is_known = |key: &str| !unknown.iter().any(|at| at == &format!("{path}.{key}"));
    Ok((all.into_iter().filter(|(key, _)| is_known(key)).collect(), unknown))
}

/// Lays hashes over hashes.
struct Overlay<T> {
    /// The keys that lead to the hash that is being laid over.
    at: Vec<String>,
    target: std::marker::PhantomData<T>,
}

impl<T> Default for Overlay<T> {
    fn default() -> Self {
        Self { at: Vec::new(), target: std::marker::PhantomData }
    }
}

impl<T: DeserializeOwned> Overlay<T> {
    /// Lays `over` onto `map`: hashes are merged, everything else is replaced, whichever of
    /// its names a property bears in either.
    fn lay(&mut self, map: &mut Map<String, Value>, over: Map<String, Value>) {
        for (key, value) in over {
            match (map.get_mut(&key), value) {
                (Some(Value::Object(below)), Value::Object(above)) => {
                    self.at.push(key);
                    self.lay(below, above);
                    self.at.pop();
                }
                (_, value) => {
                    map.retain(|old, old_value| !self.same(old, old_value, &key, &value));
                    map.insert(key, value);
                }
            }
        }
    }

    /// Whether two keys are names of one property. Serde knows the aliases of `T` and keeps
    /// them to itself, but it refuses to read a field twice.
    fn same(&self, old: &str, old_value: &Value, new: &str, new_value: &Value) -> bool {
        if old == new {
            return false; // replaced in its place
        }
        let both = [(old.to_owned(), old_value.clone()), (new.to_owned(), new_value.clone())];
        let both = Value::Object(both.into_iter().collect());
        let root =
            self.at.iter().rev().fold(both, |inner, key| {
                Value::Object([(key.clone(), inner)].into_iter().collect())
            });
        decode::<T>(root, "").is_err_and(|e| e.message.contains("duplicate field"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Properties {
        endpoint: String,
        #[serde(alias = "default_disk_offering")]
        disk_offering: Option<String>,
        timeout: Timeout,
        proxy: Option<String>,
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Timeout {
        global: u64,
        #[serde(alias = "state_timeout")]
        create_vm: u64,
    }

    fn config(properties: Value) -> Config {
        let config = json!({"cloud": {"plugin": "fake", "properties": {"fake": properties}}});
        Config::parse(config.to_string().as_bytes()).unwrap()
    }

    fn with(file: Value, context: Value) -> Result<Decoded<Properties>> {
        let Value::Object(context) = context else { panic!("a context is a hash") };
        config(file).properties(&Context::from(context))
    }

    #[test]
    fn a_fault_in_the_file_is_named_by_its_path() {
        let cases = [
            (json!([]), "the config: expected a hash"),
            (json!({}), "cloud.plugin: missing"),
            (json!({"cloud": 1}), "cloud: expected a hash"),
            (json!({"cloud": {}}), "cloud.plugin: missing"),
            (json!({"cloud": {"plugin": 1}}), "cloud.plugin: expected"),
            (json!({"cloud": {"plugin": "a", "properties": []}}), "cloud.properties: expected"),
            (
                json!({"cloud": {"plugin": "a", "properties": {"a": 1}}}),
                "cloud.properties.a: expected a hash",
            ),
            (
                json!({"cloud": {"plugin": "a", "properties": {"agent": {"ntp": "x"}}}}),
                "cloud.properties.agent.ntp: expected a sequence, got string",
            ),
            (
                json!({"cloud": {"plugin": "a", "properties": {"agent": {"mbus": 123456}}}}),
                "cloud.properties.agent.mbus: expected a string, got integer",
            ),
            (
                json!({"cloud": {"plugin": "a", "properties": {"agent": {"blobstore": []}}}}),
                "cloud.properties.agent.blobstore: ",
            ),
        ];
        for (config, expected) in cases {
            let Err(error) = Config::parse(config.to_string().as_bytes()) else {
                panic!("{config} was taken");
            };
            assert!(error.message.starts_with(expected), "{config} → {}", error.message);
        }
        assert!(Config::parse(b"nonsense").is_err_and(|e| e.message.contains("not JSON")));
        let wrong = with(json!({"timeout": {"global": "1 h"}}), json!({})).unwrap_err().message;
        assert_eq!(
            wrong,
            "cloud.properties.fake.timeout.global: expected a whole number, 0 or more, got string"
        );
    }

    #[test]
    fn common_properties_have_defaults() {
        let config = config(json!({}));
        assert_eq!((config.plugin(), config.state_dir()), ("fake", None));
        assert_eq!(config.log_level(&Context::default()), Ok(LogLevel::Info));
    }

    #[test]
    fn the_log_level_is_the_file_s_or_the_context_s() {
        let context = |level: Value| Context::from(Map::from_iter([("log_level".into(), level)]));
        let config = config(json!({"log_level": "debug"}));
        assert_eq!(config.log_level(&Context::default()), Ok(LogLevel::Debug));
        assert_eq!(config.log_level(&context(json!("error"))), Ok(LogLevel::Error));
        let message = config.log_level(&context(json!("loud"))).unwrap_err().message;
        assert!(message.starts_with("context.log_level: unknown variant `loud`"), "{message}");
    }

    #[test]
    fn the_context_goes_over_the_file_hash_by_hash() {
        let file = json!({"endpoint": "file", "proxy": "p", "timeout": {"global": 1}});
        let context = json!({
            "director_uuid": "d", "vm": {"stemcell": {"api_version": 3}}, "openstack": {},
            "endpoint": "context", "timeout": {"create_vm": 9}, "proxy": null,
        });
        let decoded = with(file, context).unwrap();
        let expected = Properties {
            endpoint: "context".into(),
            timeout: Timeout { global: 1, create_vm: 9 },
            ..Properties::default()
        };
        assert_eq!(decoded.value, expected, "null takes the file's proxy away");
        assert_eq!(decoded.unknown, ["context.openstack"], "all but what is the director's own");
    }

    /// Operators write a cpi-config as they write the job's properties. What was ignored there
    /// sent a disk to the wrong cloud.
    #[test]
    fn a_cpi_config_may_name_the_plugin() {
        let context = json!({
            "director_uuid": "d", "fake": {"endpoint": "own", "timeout": {"global": 2}, "porxy": 1},
            "timeout": {"global": 3},
        });
        let decoded = with(json!({"endpoint": "file", "proxy": "p"}), context).unwrap();
        let expected = Properties {
            endpoint: "own".into(),
            proxy: Some("p".into()),
            timeout: Timeout { global: 3, create_vm: 0 },
            ..Properties::default()
        };
        assert_eq!(decoded.value, expected, "the context's top stands over its hash");
        assert_eq!(decoded.unknown, ["context.fake.porxy"]);
        let message = with(json!({}), json!({"fake": 1})).unwrap_err().message;
        assert_eq!(message, "context.fake: expected a hash");
        let level = Map::from_iter([("fake".to_owned(), json!({"log_level": "debug"}))]);
        assert_eq!(config(json!({})).log_level(&Context::from(level)), Ok(LogLevel::Debug));
    }

    #[test]
    fn an_alias_replaces_the_other_name() {
        for (old, new) in
            [("disk_offering", "default_disk_offering"), ("default_disk_offering", "disk_offering")]
        {
            let decoded = with(json!({old: "file"}), json!({new: "context"})).unwrap();
            assert_eq!(decoded.value.disk_offering.as_deref(), Some("context"));
        }
        let nested = with(
            json!({"timeout": {"create_vm": 1, "global": 2}}),
            json!({"timeout": {"state_timeout": 3}}),
        );
        assert_eq!(nested.unwrap().value.timeout, Timeout { global: 2, create_vm: 3 });
    }

    #[test]
    fn one_file_with_both_names_is_an_error() {
        let both = json!({"disk_offering": "a", "default_disk_offering": "b"});
        let message = with(both, json!({})).unwrap_err().message;
        assert!(message.starts_with("cloud.properties.fake"), "{message}");
        assert!(message.contains("duplicate field `disk_offering`"), "{message}");
    }

    #[test]
    fn a_fault_in_the_context_is_named_as_the_context_s() {
        let message = with(json!({}), json!({"timeout": {"global": []}})).unwrap_err().message;
        assert_eq!(
            message,
            "context.timeout.global: expected a whole number, 0 or more, got sequence"
        );
    }

    #[test]
    fn unknown_properties_are_found_wherever_they_stand() {
        let config = json!({"cloud": {"plugin": "fake", "properties": {
            "fake": {"endpiont": "x"}, "agent": {"mbsu": "x"}, "state_dri": "x",
        }}});
        let config = Config::parse(config.to_string().as_bytes()).unwrap();
        let Value::Object(context) = json!({"timeout": {"globe": 1}, "time": 1}) else {
            unreachable!()
        };
        let decoded = config.properties::<Properties>(&Context::from(context)).unwrap();
        let expected = [
            "cloud.properties.agent.mbsu",
            "cloud.properties.state_dri",
            "cloud.properties.fake.endpiont",
            "context.timeout.globe",
            "context.time",
        ];
        assert_eq!(decoded.unknown, expected);
    }
}
