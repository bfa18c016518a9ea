//! The networks argument of `create_vm`.

use crate::{CloudProperties, CpiError, Result};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// Networks by name, in the caller's order: the order of the NICs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Networks(Vec<(String, Network)>);

/// How addresses come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkKind {
    /// The director chose the address.
    Manual,
    /// The cloud chooses it.
    Dynamic,
    /// A floating address in front of the VM; no NIC of its own.
    Vip,
}

/// One network of a VM.
///
/// Source: director `manual_network.rb`, `dynamic_network.rb`, `vip_network.rb`.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Manual, dynamic or vip.
    pub kind: NetworkKind,
    /// The address, where one is given.
    pub ip: Option<IpAddr>,
    /// What this network is the default for: `dns`, `gateway`.
    pub default: Vec<String>,
    /// Networks with the same group share a NIC.
    pub nic_group: Option<String>,
    /// The provider's properties.
    pub cloud_properties: CloudProperties,
    /// The hash as it came, and as the agent shall get it, without `cloud_properties`.
    settings: Map<String, Value>,
}

impl Networks {
    pub(crate) fn from_map(map: Map<String, Value>, path: &str) -> Result<Self> {
        map.into_iter()
            .map(|(name, value)| {
                let network = Network::read(value, &format!("{path}.{name}"))?;
                Ok((name, network))
            })
            .collect::<Result<_>>()
            .map(Networks)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Network)> {
        self.0.iter().map(|(name, network)| (name.as_str(), network))
    }

    /// All of them, to be completed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Network)> {
        self.0.iter_mut().map(|(name, network)| (name.as_str(), network))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The hash for the agent's settings: everything but `cloud_properties`.
    pub fn to_settings(&self) -> Map<String, Value> {
        self.0
            .iter()
            .map(|(name, network)| (name.clone(), Value::Object(network.settings.clone())))
            .collect()
    }
}

/// The hash for the answer: what came, completed.
impl Serialize for Networks {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let full = |network: &Network| {
            let mut map = network.settings.clone();
            let properties = network.cloud_properties.raw().clone();
            map.insert("cloud_properties".into(), Value::Object(properties));
            map
        };
        serializer.collect_map(self.0.iter().map(|(name, network)| (name, full(network))))
    }
}

impl Network {
    fn read(value: Value, path: &str) -> Result<Self> {
        let Value::Object(mut settings) = value else {
            return Err(CpiError::cpi(format!("{path}: expected a hash")));
        };
        let properties = match settings.remove("cloud_properties") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(map)) => map,
            Some(_) => {
                return Err(CpiError::cpi(format!("{path}.cloud_properties: expected a hash")));
            }
        };
        Ok(Self {
            kind: kind(&settings, path)?,
            ip: ip(&settings, path)?,
            default: list(&settings, "default", path)?,
            nic_group: text(&settings, "nic_group", path)?,
            cloud_properties: CloudProperties::new(format!("{path}.cloud_properties"), properties),
            settings,
        })
    }

    /// Tells the agent which NIC this is: `mac` in lower case.
    pub fn set_mac(&mut self, mac: &str) {
        self.settings.insert("mac".into(), json!(mac.to_lowercase()));
    }

    /// Tells the agent one more thing, such as `routes` or an address that the cloud chose.
    pub fn set(&mut self, key: &str, value: Value) {
        self.settings.insert(key.into(), value);
    }
}

fn kind(settings: &Map<String, Value>, path: &str) -> Result<NetworkKind> {
    // The director leaves `type` out of nothing; create-env's older manifests may.
    match text(settings, "type", path)?.as_deref() {
        None | Some("" | "manual") => Ok(NetworkKind::Manual),
        Some("dynamic") => Ok(NetworkKind::Dynamic),
        Some("vip") => Ok(NetworkKind::Vip),
        Some(other) => Err(CpiError::cpi(format!(
            "{path}.type: expected manual, dynamic or vip, got '{other}'"
        ))),
    }
}

fn ip(settings: &Map<String, Value>, path: &str) -> Result<Option<IpAddr>> {
    match text(settings, "ip", path)?.as_deref() {
        None | Some("") => Ok(None),
        Some(ip) => ip
            .parse()
            .map(Some)
            .map_err(|_| CpiError::cpi(format!("{path}.ip: '{ip}' is not an IP address"))),
    }
}

fn text(settings: &Map<String, Value>, key: &str, path: &str) -> Result<Option<String>> {
    match settings.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(CpiError::cpi(format!("{path}.{key}: expected a string"))),
    }
}

fn list(settings: &Map<String, Value>, key: &str, path: &str) -> Result<Vec<String>> {
    match settings.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(value) => serde_json::from_value(value.clone())
            .map_err(|_| CpiError::cpi(format!("{path}.{key}: expected a list of strings"))),
    }
}
