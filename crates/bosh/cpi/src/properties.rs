//! Decoding of properties, with the path of a culprit in every error.

use crate::hashes::Hashes;
use crate::{CpiError, Result};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A decoded value, and the paths of what was there but means nothing to us.
#[derive(Debug)]
pub struct Decoded<T> {
    /// The value.
    pub value: T,
    /// Full paths of unknown properties, such as `arguments[2].compute_offring`.
    pub unknown: Vec<String>,
}

/// Decodes `value`, which stands at `path` of the request or the config.
///
/// A null in a hash is taken for "not given", since templates render an unset property so.
pub fn decode<T: DeserializeOwned>(mut value: Value, path: &str) -> Result<Decoded<T>> {
    drop_nulls(&mut value);
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(Hashes(value), &mut track);
    let result = serde_ignored::deserialize(tracked, |at| unknown.push(full_path(path, &at)));
    match result {
        Ok(value) => Ok(Decoded { value, unknown }),
        Err(e) => {
            let at = join(path, &track.path().to_string());
            Err(CpiError::cpi(format!("{at}: {}", without_values(&e.to_string()))))
        }
    }
}

/// Removes what is null from hashes, at every depth.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Appends what serde calls `.`, `[3].x` or `a.b` to the place where it was found.
fn join(path: &str, rest: &str) -> String {
    match rest {
        "" | "." => path.to_owned(),
        _ if path.is_empty() => rest.to_owned(),
        _ if rest.starts_with('[') => format!("{path}{rest}"),
        _ => format!("{path}.{rest}"),
    }
}

fn full_path(root: &str, at: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;
    match at {
        Path::Root => root.to_owned(),
        Path::Seq { parent, index } => format!("{}[{index}]", full_path(root, parent)),
        Path::Map { parent, key } => join(&full_path(root, parent), key),
        Path::Some { parent }
        | Path::NewtypeStruct { parent }
        | Path::NewtypeVariant { parent } => full_path(root, parent),
    }
}

/// Serde quotes a value of the wrong type. It may be a secret that was given as a number, so
/// its type has to be enough: ``invalid type: integer `7`, expected a string`` becomes
/// `expected a string, got integer`.
fn without_values(message: &str) -> String {
    let found = ["invalid type: ", "invalid value: "].iter().find_map(|p| message.strip_prefix(p));
    let Some((found, expected)) = found.and_then(|rest| rest.rsplit_once(", expected ")) else {
        return message.to_owned();
    };
    let kind = found.split(['`', '"']).next().unwrap_or_default().trim_end();
    let number = numbers(expected);
    let got = match kind {
        "map" => "hash",
        // A number where one belongs is no secret.
        "integer" | "floating point" if number.is_some() => found.split('`').nth(1).unwrap_or(kind),
        kind => kind,
    };
    let expected = match (number, expected) {
        (Some(number), _) => number,
        (None, "a boolean") => "true or false",
        (None, _) if expected.starts_with("struct ") => "a hash",
        (None, _) => expected,
    };
    format!("expected {expected}, got {got}")
}

/// Which numbers a type of Rust's holds, for people.
fn numbers(of: &str) -> Option<&'static str> {
    Some(match of {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        _ => return None,
    })
}

impl<T> Decoded<T> {
    /// Takes the value; an unknown property is a warning in the log, or an error if `strict`.
    pub fn accept(self, strict: bool) -> Result<T> {
        if strict && !self.unknown.is_empty() {
            let paths = self.unknown.join(", ");
            return Err(CpiError::cpi(format!("unknown property (strict is on): {paths}")));
        }
        for path in &self.unknown {
            tracing::warn!(path, "unknown property {path} is ignored");
        }
        Ok(self.value)
    }
}

/// A `cloud_properties` hash that remembers where it stood, for the provider to decode into
/// its own type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CloudProperties {
    path: String,
    map: Map<String, Value>,
}

impl CloudProperties {
    /// The hash found at `path`.
    pub fn new(path: impl Into<String>, map: Map<String, Value>) -> Self {
        Self { path: path.into(), map }
    }

    /// Where it stood: `arguments[2]`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The raw properties.
    pub fn raw(&self) -> &Map<String, Value> {
        &self.map
    }

    /// Decodes into the provider's type. A wrong type is an error that names its path.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<Decoded<T>> {
        decode(Value::Object(self.map.clone()), &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Vm {
        compute_offering: Option<String>,
        lbs: Vec<Lb>,
        api_key: Option<SecretString>,
        cpu: u32,
        spot: bool,
        ratio: f64,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Lb {
        port: u16,
    }

    fn vm(value: Value) -> Result<Decoded<Vm>> {
        decode(value, "arguments[2]")
    }

    fn message(value: Value) -> String {
        vm(value).unwrap_err().message
    }

    #[test]
    fn a_wrong_type_is_named_by_its_full_path() {
        assert_eq!(
            message(json!({"compute_offering": 7})),
            "arguments[2].compute_offering: expected a string, got integer"
        );
        assert_eq!(
            message(json!({"lbs": [{"port": 1}, {"port": "http"}]})),
            "arguments[2].lbs[1].port: expected a whole number from 0 to 65535, got string"
        );
        assert_eq!(
            message(json!({"lbs": [5]})),
            "arguments[2].lbs[0]: expected a hash, got integer"
        );
        assert_eq!(message(json!("x")), "arguments[2]: expected a hash, got string");
        assert_eq!(message(json!([])), "arguments[2]: expected a hash, got sequence");
        assert_eq!(
            message(json!({"lbs": [[]]})),
            "arguments[2].lbs[0]: expected a hash, got sequence"
        );
    }

    #[test]
    fn a_value_never_stands_in_an_error() {
        for value in [json!(918_273_645), json!(true), json!(["918273645"]), json!({"a": 1})] {
            let message = message(json!({"api_key": value}));
            assert!(message.starts_with("arguments[2].api_key: expected a string, got "));
            assert!(!message.contains("918273645"), "{message}");
        }
        assert_eq!(
            message(json!({"cpu": "918273645 s3cret"})),
            "arguments[2].cpu: expected a whole number, 0 or more, got string"
        );
    }

    /// Values of CredHub are texts, and templates quote what they like.
    #[test]
    fn a_number_or_boolean_may_be_given_as_text() {
        for (text, expected) in [("2", 2), (" 60 ", 60), ("0", 0)] {
            assert_eq!(vm(json!({"cpu": text})).unwrap().value.cpu, expected, "{text:?}");
        }
        let lb = vm(json!({"lbs": [{"port": "443"}]})).unwrap().value.lbs;
        assert_eq!(lb[0].port, 443);
        for (text, expected) in [("true", true), ("false", false)] {
            assert_eq!(vm(json!({"spot": text})).unwrap().value.spot, expected);
            assert_eq!(vm(json!({"ratio": "1.5"})).unwrap().value.ratio, 1.5);
        }
        assert_eq!(
            vm(json!({"compute_offering": "7"})).unwrap().value.compute_offering.unwrap(),
            "7"
        );
        let cases = [
            (json!({"cpu": -1}), "cpu: expected a whole number, 0 or more, got -1"),
            (json!({"cpu": "-1"}), "cpu: expected a whole number, 0 or more, got -1"),
            (json!({"cpu": 1.5}), "cpu: expected a whole number, 0 or more, got 1.5"),
            (json!({"cpu": "1e3"}), "cpu: expected a whole number, 0 or more, got string"),
            (
                json!({"lbs": [{"port": 70000}]}),
                "lbs[0].port: expected a whole number from 0 to 65535, got 70000",
            ),
            (json!({"spot": "yes"}), "spot: expected true or false, got string"),
            (json!({"ratio": "NaN"}), "ratio: expected a number, got string"),
        ];
        for (value, expected) in cases {
            assert_eq!(message(value), format!("arguments[2].{expected}"));
        }
    }

    #[test]
    fn unknown_properties_are_listed_by_their_full_path() {
        let decoded = vm(json!({"compute_offring": "x", "lbs": [{"prot": 1}]})).unwrap();
        assert_eq!(decoded.unknown, ["arguments[2].compute_offring", "arguments[2].lbs[0].prot"]);
        let refused = decoded.accept(true).unwrap_err().message;
        assert!(refused.contains("compute_offring") && refused.contains("lbs[0].prot"));
        assert!(vm(json!({"compute_offring": "x"})).unwrap().accept(false).is_ok());
        assert!(vm(json!({"cpu": 1})).unwrap().accept(true).is_ok());
    }

    #[test]
    fn null_means_not_given() {
        let decoded = vm(json!({"compute_offering": null, "cpu": null, "lbs": null})).unwrap();
        assert_eq!((decoded.value.compute_offering, decoded.value.cpu), (None, 0));
        assert!(vm(json!({"what": null})).unwrap().unknown.is_empty());
    }
}
