//! The properties of the CPI's config, read from `docs/schema.json`.

use crate::cloud_job::CloudJob;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;

pub use bosh_release::{find, put};

/// One property that a job can have.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// Its path under `cloud.properties`, with dots: `cloudstack.timeout.create_vm`.
    pub name: String,
    /// What it means.
    pub description: String,
    /// What it is without being given; null for nothing.
    pub default: Value,
    /// Whether it is only accepted for the sake of older releases.
    pub deprecated: bool,
}

/// The schema.
pub fn load(root: &Path) -> Result<Value> {
    let file = root.join("docs/schema.json");
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    serde_json::from_str(&text).with_context(|| file.display().to_string())
}

/// All properties of a job, in the schema's order. Those of maps with free keys are one property
/// each.
pub fn properties(root: &Path, job: &CloudJob) -> Result<Vec<Property>> {
    let schema = load(root)?;
    let at = "/properties/cloud/properties/properties";
    let common = schema.pointer(at).with_context(|| format!("docs/schema.json: no {at}"))?;
    let mut found = Vec::new();
    walk(&schema, common, "", &mut found);
    found.retain(|property: &Property| job.has(&property.name));
    Ok(found)
}

fn walk(schema: &Value, object: &Value, path: &str, found: &mut Vec<Property>) {
    let Some(properties) = object["properties"].as_object() else {
        return;
    };
    for (name, property) in properties {
        let name = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let target = resolve(schema, property);
        if target["properties"].is_object() {
            walk(schema, target, &name, found);
        } else {
            found.push(leaf(name, property, target));
        }
    }
}

fn leaf(name: String, property: &Value, target: &Value) -> Property {
    let either = |key: &str| property.get(key).or_else(|| target.get(key)).cloned();
    let description = either("description").unwrap_or_default();
    Property {
        name,
        description: description.as_str().unwrap_or_default().replace('\n', " "),
        default: either("default").unwrap_or_default(),
        deprecated: property["deprecated"] == true,
    }
}

/// What a property refers to, itself or as the one that may also be null.
pub fn resolve<'a>(schema: &'a Value, property: &'a Value) -> &'a Value {
    let choices = property["anyOf"].as_array().map(Vec::as_slice).unwrap_or_default();
    let chosen = choices.iter().find(|choice| choice["type"] != "null").unwrap_or(property);
    let Some(reference) = chosen["$ref"].as_str() else {
        return chosen;
    };
    let target = reference.strip_prefix('#').and_then(|pointer| schema.pointer(pointer));
    target.unwrap_or(chosen)
}
