//! From a command to a signed HTTP request, without I/O.

use crate::error::Error;
use crate::settings::Credentials;
use crate::{Command, signing};
use bytes::Bytes;
use cloud_http::reveal;
use http::header::{ACCEPT, CONTENT_TYPE};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// How long a signed request stays good. Clouds that check it take at most 15 minutes.
const EXPIRES_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Parameters whose values nobody may see.
const SECRET_PARAMETERS: &[&str] = &["userdata", "password", "privatekey", "vncpassword"];

/// The parameters of a call, sorted by name as the signature wants them. Printing them shows
/// the names only.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// The parameters of a command: its fields, flattened, and its name.
    pub fn of<C: Command>(command: &C) -> Result<Self, Error> {
        let unusable = |reason: String| Error::Unusable { command: C::NAME, reason };
        let fields = serde_json::to_value(command).map_err(|e| unusable(e.to_string()))?;
        let Value::Object(fields) = fields else {
            return Err(unusable("a command is an object".into()));
        };
        let mut parameters = Self(BTreeMap::new());
        for (name, value) in fields {
            parameters.flatten(name, value).map_err(unusable)?;
        }
        parameters.set("command", C::NAME);
        Ok(parameters)
    }

    /// Sets one more.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// All of them, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The values that nobody may see.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let secret = |name: &str| SECRET_PARAMETERS.contains(&name);
        self.iter().filter(move |(name, _)| secret(name)).map(|(_, value)| value)
    }

    /// One field: text and numbers as they are, a list joined by commas, a list of objects as
    /// `name[i].key`, a map as `name[0].key`. Nulls and empty lists are left out.
    fn flatten(&mut self, name: String, value: Value) -> Result<(), String> {
        match value {
            Value::Array(items) if items.iter().any(Value::is_object) => {
                for (i, item) in items.into_iter().enumerate() {
                    let Value::Object(item) = item else {
                        return Err(format!("{name}: a list of objects holds something else"));
                    };
                    self.flatten_object(&format!("{name}[{i}]"), item)?;
                }
            }
            Value::Array(items) if items.is_empty() => {}
            Value::Array(items) => {
                let items = items.into_iter().map(|item| token(&name, item));
                let joined = items.collect::<Result<Vec<_>, _>>()?.join(",");
                self.insert(name, joined)?;
            }
            // Some commands read the first index only, so every key goes under it.
            Value::Object(map) => self.flatten_object(&format!("{name}[0]"), map)?,
            value => {
                if let Some(text) = scalar(value) {
                    self.insert(name, text)?;
                }
            }
        }
        Ok(())
    }

    /// Refuses an empty value: some commands take an empty filter for none, and list or delete
    /// more than was meant.
    fn insert(&mut self, name: String, text: String) -> Result<(), String> {
        if text.is_empty() {
            return Err(format!("{name} is empty"));
        }
        self.0.insert(name, text);
        Ok(())
    }

    fn flatten_object(
        &mut self,
        prefix: &str,
        map: serde_json::Map<String, Value>,
    ) -> Result<(), String> {
        for (key, value) in map {
            if value.is_array() || value.is_object() {
                return Err(format!("{prefix}.{key}: nested too deep"));
            }
            if let Some(text) = scalar(value) {
                self.insert(format!("{prefix}.{key}"), text)?;
            }
        }
        Ok(())
    }
}

/// Shows the names only: values may be secret.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// An item of a comma-separated list. There is no way to write a comma in one.
fn token(name: &str, item: Value) -> Result<String, String> {
    let text = scalar(item).ok_or_else(|| format!("{name}: an item is neither text nor number"))?;
    match text.contains(',') {
        true => Err(format!("{name}: an item holds a comma, which CloudStack cannot read")),
        false => Ok(text),
    }
}

/// The signed request: everything in the body, nothing in the URL, so that no proxy logs keys.
pub fn signed(
    parameters: &Parameters,
    endpoint: &http::Uri,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<http::Request<Bytes>, Error> {
    let mut parameters = parameters.clone();
    parameters.set("apikey", reveal(&credentials.api_key));
    parameters.set("response", "json");
    parameters.set("signatureversion", "3");
    parameters.set("expires", expires(now));
    // `signature` itself is not signed, so it is added last.
    let signature = signing::sign(parameters.iter(), &credentials.secret_access_key);
    parameters.set("signature", signature);

    http::Request::post(endpoint)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .body(form(&parameters))
        .map_err(|e| Error::Settings(format!("endpoint: {e}")))
}

fn expires(now: Timestamp) -> String {
    let then = now.saturating_add(EXPIRES_AFTER).unwrap_or(now);
    then.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

fn form(parameters: &Parameters) -> Bytes {
    let mut body = String::new();
    for (name, value) in parameters.iter() {
        if !body.is_empty() {
            body.push('&');
        }
        body.extend(signing::encoded(name));
        body.push('=');
        body.extend(signing::encoded(value));
    }
    body.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{
        CreateTags, DeployVirtualMachine, IpToNetwork, ListVirtualMachines, TagPair, TaggedType,
    };
    use crate::signing;

    fn text(parameters: &Parameters) -> Vec<String> {
        parameters.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    fn deploy() -> DeployVirtualMachine {
        DeployVirtualMachine {
            name: "vm-1".into(),
            zoneid: "z".into(),
            serviceofferingid: "o".into(),
            templateid: "t".into(),
            iptonetworklist: vec![
                IpToNetwork {
                    networkid: "n0".into(),
                    ip: Some("10.0.0.2".into()),
                    ..IpToNetwork::default()
                },
                IpToNetwork {
                    networkid: "n1".into(),
                    mac: Some("1e:00".into()),
                    ..IpToNetwork::default()
                },
            ],
            size: Some(7),
            userdata: Some("c2VjcmV0".into()),
            details: [("cpuNumber", "2"), ("memory", "512")]
                .map(|(key, value)| (key.into(), value.into()))
                .into(),
            ..Default::default()
        }
    }

    #[test]
    fn a_command_becomes_flat_parameters() {
        assert_eq!(
            text(&Parameters::of(&deploy()).unwrap()),
            [
                "command=deployVirtualMachine",
                "details[0].cpuNumber=2",
                "details[0].memory=512",
                "iptonetworklist[0].ip=10.0.0.2",
                "iptonetworklist[0].networkid=n0",
                "iptonetworklist[1].mac=1e:00",
                "iptonetworklist[1].networkid=n1",
                "name=vm-1",
                "serviceofferingid=o",
                "size=7",
                "templateid=t",
                "userdata=c2VjcmV0",
                "zoneid=z",
            ]
        );
        let tags = CreateTags {
            resourcetype: TaggedType::UserVm,
            resourceids: vec!["a".into(), "b".into()],
            tags: vec![TagPair { key: "k".into(), value: "v".into() }],
        };
        assert_eq!(
            text(&Parameters::of(&tags).unwrap()),
            [
                "command=createTags",
                "resourceids=a,b",
                "resourcetype=UserVm",
                "tags[0].key=k",
                "tags[0].value=v"
            ]
        );
        let list = ListVirtualMachines { listall: Some(true), ..Default::default() };
        let list = text(&Parameters::of(&list).unwrap());
        assert_eq!(list, ["command=listVirtualMachines", "listall=true"]);
    }

    /// A comma would make two items of one.
    #[test]
    fn a_comma_in_a_list_is_refused() {
        let tags = CreateTags {
            resourcetype: TaggedType::UserVm,
            resourceids: vec!["a,b".into()],
            tags: vec![],
        };
        let error = Parameters::of(&tags).unwrap_err().to_string();
        assert!(error.starts_with("createTags: resourceids: "), "{error}");
    }

    /// `listVolumes` with an empty id would list every volume.
    #[test]
    fn an_empty_value_is_refused() {
        let list = ListVirtualMachines { id: Some(String::new()), ..Default::default() };
        let error = Parameters::of(&list).unwrap_err().to_string();
        assert_eq!(error, "listVirtualMachines: id is empty");
    }

    #[test]
    fn debug_shows_names_only() {
        let debug = format!("{:?}", Parameters::of(&deploy()).unwrap());
        assert!(debug.contains("userdata") && !debug.contains("c2VjcmV0"), "{debug}");
    }

    /// What a server does: decode the form, take the signature out, sign the rest.
    #[test]
    fn a_request_verifies_and_holds_nothing_in_its_url() {
        let keys = Credentials { api_key: "Key".into(), secret_access_key: "SecretKey".into() };
        let endpoint: http::Uri = "https://cloud.example:8443/client/api".parse().unwrap();
        let mut command = deploy();
        command.displayname = Some("a b*c~d+e/é & 100%=x".into());
        let parameters = Parameters::of(&command).unwrap();
        let now: Timestamp = "2029-12-31T23:54:05Z".parse().unwrap();
        let request = signed(&parameters, &endpoint, &keys, now).unwrap();

        assert_eq!((request.method(), request.uri()), (&http::Method::POST, &endpoint));
        let body = std::str::from_utf8(request.body()).unwrap();
        let decode =
            |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into();
        let mut pairs: BTreeMap<String, String> = body
            .split('&')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (decode(name), decode(value)))
            .collect();
        let signature = pairs.remove("signature").unwrap();
        assert_eq!(pairs["expires"], "2030-01-01T00:04:05+0000");
        assert_eq!(pairs["displayname"], "a b*c~d+e/é & 100%=x");
        assert_eq!(pairs.len(), parameters.iter().count() + 4);
        let again = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        assert_eq!(signing::sign(again, &keys.secret_access_key), signature);
    }
}
