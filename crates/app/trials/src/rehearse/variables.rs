//! `((variables))` of a manifest: given, or generated as `--vars-store` does.

use super::ManifestError;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The values of variables. They hold secrets, so they are not shown.
#[derive(Clone, Default)]
pub struct Variables(Map<String, Value>);

impl Variables {
    /// Sets one; the last value stays.
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// Sets all of a hash, as a file of variables is.
    pub fn set_all(&mut self, values: Map<String, Value>) {
        self.0.extend(values);
    }

    /// Makes those of the manifest's `variables` that are not given.
    pub(super) fn generate(&mut self, wanted: &Value) -> Result<(), ManifestError> {
        let mut issuers = Issuers::new();
        for (at, variable) in wanted.as_array().into_iter().flatten().enumerate() {
            let path = format!("variables[{at}]");
            let name = variable.get("name").and_then(Value::as_str);
            let name = name.ok_or_else(|| ManifestError::missing(format!("{path}.name")))?;
            if self.0.contains_key(name) {
                continue;
            }
            let value = match variable.get("type").and_then(Value::as_str) {
                Some("password") => json!(uuid::Uuid::new_v4().simple().to_string()),
                Some("certificate") => certificate(&mut issuers, name, &path, variable)?,
                kind => {
                    let kind = kind.unwrap_or("no type");
                    let why = format!("'{name}' ({kind}) cannot be generated: give it");
                    return Err(ManifestError::Wrong { path, why });
                }
            };
            self.set(name, value);
        }
        Ok(())
    }

    /// Puts values in place of variables; those that have none are named all at once.
    pub(super) fn fill(&self, document: &mut Value) -> Result<(), ManifestError> {
        let mut unset = BTreeSet::new();
        self.fill_in(document, &mut unset);
        if unset.is_empty() {
            return Ok(());
        }
        Err(ManifestError::Unset(unset.into_iter().collect::<Vec<_>>().join(", ")))
    }

    fn fill_in(&self, value: &mut Value, unset: &mut BTreeSet<String>) {
        match value {
            Value::Array(list) => list.iter_mut().for_each(|value| self.fill_in(value, unset)),
            Value::Object(map) => map.values_mut().for_each(|value| self.fill_in(value, unset)),
            Value::String(text) => {
                if let Some(filled) = self.filled(text, unset) {
                    *value = filled;
                }
            }
            _ => {}
        }
    }

    /// A text that is one variable becomes its value, of whatever type; within a text only a
    /// text or a number can stand.
    fn filled(&self, text: &str, unset: &mut BTreeSet<String>) -> Option<Value> {
        let mut out = String::new();
        let mut rest = text;
        let mut changed = false;
        while let Some((before, name, after)) = next_variable(rest) {
            let Some(value) = self.get(name) else {
                unset.insert(name.to_owned());
                return None;
            };
            if before.is_empty() && after.is_empty() && !changed {
                return Some(value.clone());
            }
            out.push_str(before);
            match value {
                Value::String(text) => out.push_str(text),
                other => out.push_str(&other.to_string()),
            }
            (rest, changed) = (after, true);
        }
        out.push_str(rest);
        changed.then_some(Value::String(out))
    }

    /// `name`, or `name.key` of a hash.
    fn get(&self, name: &str) -> Option<&Value> {
        let name = name.trim_start_matches('!');
        let mut parts = name.split('.');
        let first = self.0.get(name).or_else(|| self.0.get(parts.next()?));
        if self.0.contains_key(name) {
            return first;
        }
        parts.try_fold(first?, |value, part| value.get(part))
    }
}

/// CAs that were generated: what signs others, and its certificate.
type Issuers = BTreeMap<String, (Issuer<'static, KeyPair>, String)>;

fn certificate(
    issuers: &mut Issuers,
    name: &str,
    path: &str,
    variable: &Value,
) -> Result<Value, ManifestError> {
    let wrong = |why: String| ManifestError::Wrong { path: path.to_owned(), why };
    let failed = |error: rcgen::Error| wrong(format!("no certificate: {error}"));
    let options = &variable["options"];
    let params = params(options).map_err(failed)?;
    let key = KeyPair::generate().map_err(failed)?;
    let private_key = key.serialize_pem();
    let (pem, ca) = match options["ca"].as_str() {
        None => {
            let pem = params.self_signed(&key).map_err(failed)?.pem();
            (pem.clone(), pem)
        }
        Some(ca) => {
            let issuer = issuers.get(ca);
            let why = || wrong(format!("its ca '{ca}' is not generated above it: give '{name}'"));
            let (issuer, ca) = issuer.ok_or_else(why)?;
            (params.signed_by(&key, issuer).map_err(failed)?.pem(), ca.clone())
        }
    };
    if options["is_ca"] == json!(true) {
        issuers.insert(name.to_owned(), (Issuer::new(params, key), pem.clone()));
    }
    Ok(json!({"ca": ca, "certificate": pem, "private_key": private_key}))
}

fn params(options: &Value) -> Result<CertificateParams, rcgen::Error> {
    let names = options["alternative_names"].as_array().into_iter().flatten();
    let names = names.filter_map(Value::as_str).map(str::to_owned);
    let mut params = CertificateParams::new(names.collect::<Vec<_>>())?;
    if let Some(name) = options["common_name"].as_str() {
        params.distinguished_name.push(DnType::CommonName, name);
    }
    if options["is_ca"] == json!(true) {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    Ok(params)
}

/// What stands before the first variable, its name, and what stands behind it.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("((")?;
    let (name, after) = rest.split_once("))")?;
    Some((before, name.trim(), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        let mut variables = Variables::default();
        variables.set("port", json!(6868));
        variables.set("cert", json!({"ca": "CA"}));
        variables
    }

    /// A variable keeps its type where it stands alone, and is text within text.
    #[test]
    fn variables_are_filled_in() {
        let mut document = json!(["((port))", "https://x:((port))", "((cert.ca))", "((cert))"]);
        variables().fill(&mut document).unwrap();
        assert_eq!(document, json!([6868, "https://x:6868", "CA", {"ca": "CA"}]));
    }

    /// Whoever forgets variables is told all of them.
    #[test]
    fn unset_variables_are_named() {
        let mut document = json!({"a": "((one)) ((port))", "b": ["((cert.key))"]});
        let error = variables().fill(&mut document).unwrap_err().to_string();
        assert!(error.contains("cert.key, one"), "{error}");
    }
}
