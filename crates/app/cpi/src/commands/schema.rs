//! `cpi schema`: everything that can be configured, as a JSON schema.

use crate::stdout;
use bosh_cpi::config::CommonProperties;
use clap::Args;
use cpi_runtime::{PLUGINS, plugin_names};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// Print the JSON schema of the config and of all `cloud_properties`.
///
/// The document is the config's schema; those of `cloud_properties` stand under
/// `$defs.cloud_properties.<plugin>.{vm,disk,network,stemcell}`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi schema > cpi-schema.json")]
pub struct Schema {}

impl Schema {
    /// Prints it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        stdout::write_line(&document())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The document, which is kept in `docs/schema.json` too.
pub fn document() -> String {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut common = generator.root_schema_for::<CommonProperties>().to_value();
    let schemas = PLUGINS.iter().map(|plugin| (plugin.name(), plugin.schemas(&mut generator)));
    let schemas: Vec<_> = schemas.collect();
    let mut definitions = generator.take_definitions(true);
    let mut cloud_properties = Map::new();
    for (plugin, schema) in schemas {
        common["properties"][plugin] = schema.properties.to_value();
        let own = schema.cloud_properties.into_iter();
        let own: Map<_, _> = own.map(|(of, schema)| (of.to_owned(), schema.to_value())).collect();
        cloud_properties.insert(plugin.to_owned(), Value::Object(own));
    }
    definitions.insert("cloud_properties".to_owned(), Value::Object(cloud_properties));
    let properties = json!({
        "type": "object",
        "description": "What every cloud has, and a hash named like the plugin.",
        "properties": common["properties"],
    });
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The CPI's config",
        "type": "object",
        "required": ["cloud"],
        "properties": {"cloud": {
            "type": "object",
            "required": ["plugin"],
            "properties": {
                "plugin": {"description": "The cloud.", "enum": plugin_names()},
                "properties": properties,
            },
        }},
        "$defs": definitions,
    });
    format!("{document:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/schema.json");

    #[test]
    fn every_reference_leads_somewhere() {
        let document: Value = serde_json::from_str(&document()).unwrap();
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(!references.is_empty());
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }

    fn collect(value: &Value, references: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                references.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
                map.values().for_each(|value| collect(value, references));
            }
            Value::Array(list) => list.iter().for_each(|value| collect(value, references)),
            _ => {}
        }
    }

    /// `UPDATE_DOCS=1 cargo test -p cpi schema` writes the file anew.
    #[test]
    fn the_published_schema_is_current() {
        let current = document() + "\n";
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(FILE, &current).unwrap();
        }
        let published = std::fs::read_to_string(FILE).unwrap_or_default();
        assert!(published == current, "docs/schema.json is old: run with UPDATE_DOCS=1");
    }
}
