//! The config of a CPI that is started without a release: what its job would render.

use serde_json::{Map, Value, json};
use std::path::Path;

/// Properties that are not of one cloud.
const COMMON: &[&str] =
    &["agent", "blobstore", "debug", "env", "nats", "ntp", "state_dir", "traces"];

/// The config that is made of `cloud_provider.properties`. `plugin` is the cloud's name, if it is
/// known; `state_dir` is where the CPI keeps its journal where the properties say nothing.
pub(crate) fn config(
    properties: &Map<String, Value>,
    plugin: Option<&str>,
    state_dir: &Path,
) -> Value {
    let mut properties = properties.clone();
    let own = || properties.keys().find(|key| !COMMON.contains(&key.as_str())).cloned();
    let plugin = plugin.map(str::to_owned).or_else(own).unwrap_or_default();
    // Manifests have these beside `agent`; the job renders them into it.
    let moved: Vec<(&str, Value)> = ["ntp", "blobstore"]
        .into_iter()
        .filter_map(|key| Some((key, properties.shift_remove(key)?)))
        .collect();
    let agent = properties.entry("agent").or_insert_with(|| json!({}));
    for (key, value) in moved {
        if agent.is_object() && agent[key].is_null() {
            agent[key] = if key == "blobstore" { blobstore(value) } else { value };
        }
    }
    // Proxies are the environment's: see `proxies`.
    properties.shift_remove("env");
    if let Some(debug) = properties.shift_remove("debug")
        && let Some(Value::Object(own)) = properties.get_mut(&plugin)
    {
        own.entry("debug").or_insert(debug);
    }
    properties.entry("state_dir").or_insert_with(|| json!(state_dir));
    json!({"cloud": {"plugin": plugin, "properties": properties}})
}

/// The variables of the environment that the job's script would export.
pub(crate) fn proxies(properties: &Map<String, Value>) -> Vec<(&'static str, String)> {
    let names = ["http_proxy", "https_proxy", "no_proxy"];
    let given = |name: &&str| properties.get("env")?.get(name)?.as_str();
    names.iter().filter_map(|name| Some((*name, given(name)?.to_owned()))).collect()
}

/// The short form of a local blobstore has its path beside the provider.
fn blobstore(value: Value) -> Value {
    match (value["provider"].as_str(), value["path"].as_str()) {
        (Some("local"), Some(path)) if value["options"].is_null() => {
            json!({"provider": "local", "options": {"blobstore_path": path}})
        }
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a manifest has beside the cloud's properties lands where the CPI's job renders it.
    #[test]
    fn properties_become_a_config() {
        let given = json!({
            "agent": {"mbus": "https://a"}, "ntp": ["n"], "debug": {"cpi": {"api_version": 2}},
            "blobstore": {"provider": "local", "path": "/b"}, "env": {"http_proxy": "http://p"},
            "cloudstack": {"endpoint": "e"},
        });
        let given = given.as_object().unwrap();
        let made = config(given, None, Path::new("/state"));
        let blobstore = json!({"provider": "local", "options": {"blobstore_path": "/b"}});
        assert_eq!(
            made,
            json!({"cloud": {"plugin": "cloudstack", "properties": {
                "agent": {"mbus": "https://a", "ntp": ["n"], "blobstore": blobstore},
                "cloudstack": {"endpoint": "e", "debug": {"cpi": {"api_version": 2}}},
                "state_dir": "/state"}}})
        );
        assert_eq!(proxies(given), [("http_proxy", "http://p".to_owned())]);
        let named = config(given, Some("other"), Path::new("/state"));
        assert_eq!(named["cloud"]["plugin"], "other");
    }
}
