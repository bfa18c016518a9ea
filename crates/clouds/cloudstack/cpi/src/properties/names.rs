//! Values that are written in more than one way.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Why no `cloud_properties` name a project.
pub(super) const ONE_PROJECT: &str = "a VM, its disks and its networks are in one project, which is that of \
                           the CPI's config (cloud.properties.cloudstack.project); for several \
                           projects give each an entry in the cpi-config and name that in the AZ";

/// Names or ids: one text, or a list of them. Empty ones are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Names(pub Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a name, or a list of names")]
        enum OneOrMore {
            None(()),
            One(String),
            More(Vec<String>),
        }
        let names = match OneOrMore::deserialize(deserializer)? {
            OneOrMore::None(()) => Vec::new(),
            OneOrMore::One(name) => vec![name],
            OneOrMore::More(names) => names,
        };
        let names = names.iter().map(|name| name.trim().to_owned());
        Ok(Self(names.filter(|name| !name.is_empty()).collect()))
    }
}

impl JsonSchema for Names {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Names".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [
            {"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
    }
}

/// Settings by name: texts, numbers or booleans, all of which CloudStack takes as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Details(pub BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Details {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = Option::<BTreeMap<String, Value>>::deserialize(deserializer)?.unwrap_or_default();
        let text = |(name, value): (String, Value)| match value {
            Value::String(text) => Ok((name, text)),
            Value::Number(number) => Ok((name, number.to_string())),
            Value::Bool(flag) => Ok((name, flag.to_string())),
            _ => Err(serde::de::Error::custom(format!("{name}: expected a text or a number"))),
        };
        Ok(Self(map.into_iter().map(text).collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    /// Manifests of the Ruby release have lists, job templates render "" for none.
    #[test]
    fn names_are_one_or_more() {
        let names = |value: Value| from_value::<Names>(value).unwrap().0;
        assert_eq!(names(json!("web")), ["web"]);
        assert_eq!(names(json!(["web", " db "])), ["web", "db"]);
        assert_eq!(names(json!("")), Vec::<String>::new());
        assert_eq!(names(json!(null)), Vec::<String>::new());
        assert!(from_value::<Names>(json!(7)).is_err());
    }

    /// YAML makes numbers of what CloudStack wants as text.
    #[test]
    fn details_are_texts() {
        let details: Details = from_value(json!({"a": 1, "b": true, "c": "x"})).unwrap();
        assert_eq!(details.0.values().collect::<Vec<_>>(), ["1", "true", "x"]);
        assert!(from_value::<Details>(json!({"a": []})).is_err());
    }
}
