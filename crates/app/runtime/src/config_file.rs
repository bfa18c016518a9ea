//! A config as it stands in a file.

use crate::PLUGINS;
use bosh_cpi::config::Config;
use bosh_cpi::{CpiError, Result};
use serde_json::Value;
use std::path::Path;

/// A config, and its raw form, in which secrets are looked for. It has no `Debug`, as both hold
/// them.
pub struct ConfigFile {
    /// What it says.
    pub config: Config,
    /// All that stands in it, with what an older release had elsewhere in its place.
    pub raw: Value,
    /// What stands in it and means nothing any more, with the reason.
    pub notes: Vec<String>,
}

impl ConfigFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// A file that cannot be read or is no config; the error names file and property.
    pub fn read(path: &Path) -> Result<ConfigFile> {
        let bytes = std::fs::read(path).map_err(|e| {
            CpiError::cpi(format!("cannot read the config {}: {e}", path.display()))
        })?;
        Self::parse(&bytes).map_err(|e| e.while_doing(path.display()))
    }

    /// Reads the content of a file: JSON or YAML.
    ///
    /// # Errors
    /// What is neither, or no config; the error names the property.
    pub fn parse(bytes: &[u8]) -> Result<ConfigFile> {
        let mut raw = document(bytes)?;
        let notes = upgrade(&mut raw);
        Ok(ConfigFile { config: Config::from_value(raw.clone())?, raw, notes })
    }
}

/// Lets the cloud's plugin move what an older release had elsewhere.
fn upgrade(raw: &mut Value) -> Vec<String> {
    let named = raw.pointer("/cloud/plugin").and_then(Value::as_str);
    let plugin = PLUGINS.iter().find(|plugin| named == Some(plugin.name()));
    match (plugin, raw.pointer_mut("/cloud/properties")) {
        (Some(plugin), Some(Value::Object(properties))) => plugin.upgrade(properties),
        _ => Vec::new(),
    }
}

/// The document in a file. What is wrong with it is told without its words, which may be secret.
fn document(bytes: &[u8]) -> Result<Value> {
    let json = match serde_json::from_slice(bytes) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let text = std::str::from_utf8(bytes)
        .map_err(|_| CpiError::cpi("the config is neither JSON nor YAML: it is not UTF-8"))?;
    if text.trim().is_empty() {
        return Err(CpiError::cpi("the config is empty"));
    }
    if text.trim_start().starts_with('{') {
        return Err(CpiError::cpi(format!("the config is not JSON: {json}")));
    }
    match serde_saphyr::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(CpiError::cpi("the config is neither a JSON nor a YAML hash")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A config may be written by hand: as YAML, with comments.
    #[test]
    fn yaml_says_the_same_as_json() {
        let yaml = b"# mine\ncloud:\n  plugin: x\n  properties:\n    x: {api_key: s3cret, n: 7}\n";
        let json =
            br#"{"cloud": {"plugin": "x", "properties": {"x": {"api_key": "s3cret", "n": 7}}}}"#;
        let (yaml, json) = (ConfigFile::parse(yaml), ConfigFile::parse(json));
        let (Ok(yaml), Ok(json)) = (yaml, json) else { panic!("both are configs") };
        assert_eq!((yaml.raw, yaml.config.plugin()), (json.raw, "x"));
    }

    /// A manifest of the Java release's job: what it had under `cpi` counts, or is told.
    #[test]
    fn the_config_of_an_older_release_means_the_same() {
        let old = br#"{"cloud": {"plugin": "cloudstack", "properties": {
            "cloudstack": {"endpoint": "https://c/client/api"},
            "cpi": {"agent": {"mbus": "nats://n:p@10.0.0.2:4222"}, "port": 8080}}}}"#;
        let Ok(file) = ConfigFile::parse(old) else { panic!("it is a config") };
        assert!(file.config.agent().mbus.is_some());
        assert_eq!(file.notes.len(), 1, "{:?}", file.notes);
        assert!(file.notes[0].starts_with("cloud.properties.cpi.port is ignored: "));
    }

    #[test]
    fn what_is_neither_is_refused_without_its_words() {
        let cases = [
            ("", "empty"),
            ("s3cret", "neither"),
            ("a: [s3cret", "neither"),
            ("{\"a\": s3cret}", "not JSON"),
            ("- s3cret", "neither"),
        ];
        for (text, expected) in cases {
            let Err(error) = ConfigFile::parse(text.as_bytes()) else { panic!("{text}") };
            assert!(error.message.contains(expected), "{text}: {error}");
            assert!(!error.message.contains("s3cret"), "{text}: {error}");
        }
    }
}
