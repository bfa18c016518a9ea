//! The properties that a template sees.

use crate::JobSpec;
use serde_json::{Map, Value};

/// The value at a path such as `a.b.c`; null counts as nothing.
pub fn find<'a>(values: &'a Value, path: &str) -> Option<&'a Value> {
    let found = path.split('.').try_fold(values, |value, key| value.get(key))?;
    (!found.is_null()).then_some(found)
}

/// Puts a value at a path; what stands in the way and is not a hash is replaced.
pub fn put(values: &mut Value, path: &str, value: Value) {
    let mut at = values;
    for key in path.split('.') {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        at = &mut at[key];
    }
    *at = value;
}

/// Hashes merge, everything else of `over` replaces.
pub fn merge(under: &mut Map<String, Value>, over: &Map<String, Value>) {
    for (key, value) in over {
        match (under.get_mut(key), value) {
            (Some(Value::Object(under)), Value::Object(over)) => merge(under, over),
            _ => drop(under.insert(key.clone(), value.clone())),
        }
    }
}

/// The properties that templates of a job see: only those that its spec names, with its defaults.
/// The properties given to the job itself (`job`) are taken alone, even if empty; without them
/// those of the group over the global ones.
///
/// Source: bosh-cli `templatescompiler/job_evaluation_context.go`.
pub fn template_properties(
    spec: &JobSpec,
    global: &Map<String, Value>,
    group: &Map<String, Value>,
    job: Option<&Value>,
) -> Map<String, Value> {
    let given = match job {
        Some(own) => own.clone(),
        None => {
            let mut merged = global.clone();
            merge(&mut merged, group);
            Value::Object(merged)
        }
    };
    let mut values = Value::Object(Map::new());
    for (name, property) in &spec.properties {
        let value = find(&given, name).unwrap_or(&property.default);
        put(&mut values, name, value.clone());
    }
    match values {
        Value::Object(values) => values,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec() -> JobSpec {
        JobSpec::parse(
            "name: j\nproperties:\n  a.b: {default: 1}\n  a.c: {description: none}\n  \
             on: {default: true}\n",
        )
        .unwrap()
    }

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    /// Group over global, unknown ones left out, null and nothing take the default, false stays.
    #[test]
    fn group_properties_are_merged_over_global_ones() {
        let global = map(json!({"a": {"b": 7, "c": 8}, "unknown": 1}));
        let group = map(json!({"a": {"b": null, "c": 9}, "on": false}));
        let seen = template_properties(&spec(), &global, &group, None);
        assert_eq!(Value::Object(seen), json!({"a": {"b": 1, "c": 9}, "on": false}));
    }

    /// `properties: {}` of a job is not the same as none.
    #[test]
    fn properties_of_the_job_are_taken_alone() {
        let group = map(json!({"a": {"c": 9}}));
        let seen = template_properties(&spec(), &Map::new(), &group, Some(&json!({})));
        assert_eq!(Value::Object(seen), json!({"a": {"b": 1, "c": null}, "on": true}));
    }
}
