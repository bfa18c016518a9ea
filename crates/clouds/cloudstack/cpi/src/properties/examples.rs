//! An example of every property, from files that are manifests' excerpts themselves.

use schemars::Schema;
use serde_json::{Map, Value, json};

pub(super) const VM: &str = include_str!("examples/vm.yaml");
pub(super) const DISK: &str = include_str!("examples/disk.yaml");
pub(super) const NETWORK: &str = include_str!("examples/network.yaml");
pub(super) const STEMCELL: &str = include_str!("examples/stemcell.yaml");
pub(super) const CONFIG: &str = include_str!("examples/config.yaml");

/// Puts the examples of a file into the schema of its properties.
pub(super) fn of(text: &'static str) -> impl FnMut(&mut Schema) {
    move |schema| {
        let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
        for (name, example) in read(text) {
            if let Some(Value::Object(property)) = properties.get_mut(&name) {
                property.insert("examples".into(), json!([example]));
            }
        }
    }
}

/// The examples of a file, by the properties' names.
pub(super) fn read(text: &str) -> Map<String, Value> {
    match serde_saphyr::from_str(text) {
        Ok(examples) => examples,
        // A test reads them; they are part of the program.
        Err(error) => unreachable!("{error}"),
    }
}
