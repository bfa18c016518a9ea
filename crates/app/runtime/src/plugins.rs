//! Which clouds there are. A cloud is one line here; all else stands in its own folder.

use crate::StateDir;
use bosh_cpi::config::{CommonProperties, Config};
use bosh_cpi::{CpiError, Request, Result};
use cpi_kit::{CloudPlugin, DynProvider};
use schemars::generate::SchemaSettings;
use serde_json::Value;
use std::collections::BTreeSet;

/// The clouds that `cloud.plugin` can name.
pub const PLUGINS: &[&dyn CloudPlugin] = &[&cpi_cloudstack::Plugin, &cpi_softlayer::Plugin];

/// Their names.
pub fn plugin_names() -> Vec<&'static str> {
    PLUGINS.iter().map(|plugin| plugin.name()).collect()
}

/// The provider of the cloud that `config` names, with its properties for this request. Touches
/// nothing.
///
/// # Errors
/// An unknown plugin, and properties that are missing or invalid.
pub fn provider(
    request: &Request,
    config: &Config,
    state_dir: StateDir,
) -> Result<Box<dyn DynProvider>> {
    let state_dir = cpi_kit::StateDir::lazy(move || state_dir.open());
    plugin(config)?.provider(request, config, state_dir)
}

/// Paths of what stands in `config` and in the request's context, and nothing knows.
///
/// # Errors
/// An unknown plugin, and properties of a wrong type.
pub fn unknown_properties(request: &Request, config: &Config) -> Result<Vec<String>> {
    plugin(config)?.unknown_properties(request, config)
}

/// A known property whose name is nearly the last one in `path`: what was meant, perhaps.
pub fn similar_property(path: &str) -> Option<String> {
    /// Two letters exchanged or one missing, in names of this length.
    const NEARLY: f64 = 0.88;
    let written = path.rsplit(['.', ']']).next()?;
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut names = BTreeSet::new();
    for plugin in PLUGINS {
        collect_names(plugin.schemas(&mut generator).properties.as_value(), &mut names);
    }
    collect_names(generator.root_schema_for::<CommonProperties>().as_value(), &mut names);
    collect_names(&Value::Object(generator.take_definitions(true)), &mut names);
    let scored = names.into_iter().map(|name| (strsim::jaro_winkler(written, &name), name));
    let best = scored.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= NEARLY).then_some(best.1)
}

/// The names of properties anywhere in a schema.
fn collect_names(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            let own = map.get("properties").and_then(Value::as_object);
            names.extend(own.into_iter().flat_map(|own| own.keys().cloned()));
            map.values().for_each(|value| collect_names(value, names));
        }
        Value::Array(list) => list.iter().for_each(|value| collect_names(value, names)),
        _ => {}
    }
}

fn plugin(config: &Config) -> Result<&'static dyn CloudPlugin> {
    let named = config.plugin();
    let found = PLUGINS.iter().find(|plugin| plugin.name() == named);
    found.copied().ok_or_else(|| {
        let known = plugin_names().join(", ");
        CpiError::cpi(format!("cloud.plugin: unknown plugin '{named}'; known are: {known}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_property_is_known_by_its_neighbour() {
        let meant = |path| similar_property(path);
        assert_eq!(meant("cloud.properties.cloudstack.endpiont").as_deref(), Some("endpoint"));
        assert_eq!(meant("context.default_zoen").as_deref(), Some("default_zone"));
        assert_eq!(meant("cloud.properties.agent.mbsu").as_deref(), Some("mbus"));
        assert_eq!(meant("context.xyzzy"), None);
    }

    /// Two of one name would hide one of them.
    #[test]
    fn every_plugin_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = plugin_names().into_iter().collect();
        assert_eq!(names.len(), PLUGINS.len());
    }
}
