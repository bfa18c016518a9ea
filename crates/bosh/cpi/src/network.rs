//! The networks argument of `create_vm`.

use crate::argument::Argument;
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
    /// The length of a delegated prefix whose base is `ip`; None for a single address, which
    /// the director sends as 32 or 128, or not at all.
    pub prefix: Option<u8>,
    /// What this network is the default for: `dns`, `gateway`.
    pub default: Vec<String>,
    /// Networks with the same group share a NIC.
    pub nic_group: Option<String>,
    /// The provider's properties.
    pub cloud_properties: CloudProperties,
    /// The hash as it came, and as the agent shall get it, without `cloud_properties`.
    settings: Map<String, Value>,
    /// A vip network may come without `cloud_properties`, and is answered as it came.
    has_cloud_properties: bool,
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

    /// Adds one that nobody asked for, for the agent: the NIC that a cloud puts into every VM, say.
    /// `settings` is what the agent gets.
    pub fn add(&mut self, name: &str, settings: Map<String, Value>) {
        let network = Network {
            kind: NetworkKind::Manual,
            ip: None,
            prefix: None,
            default: Vec::new(),
            nic_group: None,
            cloud_properties: CloudProperties::default(),
            settings,
            has_cloud_properties: false,
        };
        self.0.push((name.to_owned(), network));
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
            if network.has_cloud_properties {
                let properties = network.cloud_properties.raw().clone();
                map.insert("cloud_properties".into(), Value::Object(properties));
            }
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
        let has_cloud_properties = settings.contains_key("cloud_properties");
        let properties_path = format!("{path}.cloud_properties");
        let properties = settings.shift_remove("cloud_properties").unwrap_or_default();
        let cloud_properties = CloudProperties::read(properties, &properties_path)?;
        Ok(Self {
            kind: kind(&settings, path)?,
            ip: ip(&settings, path)?,
            default: list(&settings, "default", path)?,
            nic_group: text(&settings, "nic_group", path)?,
            prefix: prefix(&settings, path)?,
            cloud_properties,
            settings,
            has_cloud_properties,
        })
    }

    /// Tells the agent which NIC this is: `mac` in lower case.
    pub fn set_mac(&mut self, mac: &str) {
        self.settings.insert("mac".into(), json!(mac.to_lowercase()));
    }

    /// What the agent is told of it.
    pub fn settings(&self) -> &Map<String, Value> {
        &self.settings
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

fn prefix(settings: &Map<String, Value>, path: &str) -> Result<Option<u8>> {
    match text(settings, "prefix", path)?.as_deref() {
        None | Some("" | "32" | "128") => Ok(None),
        Some(prefix) => match prefix.parse() {
            Ok(length) if length < 128 => Ok(Some(length)),
            _ => Err(CpiError::cpi(format!("{path}.prefix: '{prefix}' is not a prefix length"))),
        },
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

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(value: Value) -> Result<Networks> {
        Networks::read(value, "arguments[3]")
    }

    fn one(value: Value) -> Result<Network> {
        Ok(networks(json!({"a": value}))?.0.remove(0).1)
    }

    #[test]
    fn what_came_goes_back_as_it_came() {
        let sent = json!({
            "z": {"type": "manual", "ip": "10.0.0.5", "prefix": "32", "netmask": "255.255.255.0",
                  "gateway": "10.0.0.1", "dns": ["8.8.8.8"], "default": ["dns", "gateway"],
                  "nic_group": "1", "cloud_properties": {"name": "bosh-net"}},
            "a": {"type": "dynamic", "prefix": "32", "cloud_properties": {}},
            "v": {"type": "vip", "ip": "203.0.113.7", "prefix": "32"},
        });
        let networks = networks(sent.clone()).unwrap();
        assert_eq!(serde_json::to_value(&networks).unwrap(), sent);
        let names: Vec<_> = networks.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["z", "a", "v"], "the order of the NICs is the caller's");
    }

    #[test]
    fn the_agent_gets_all_but_the_cloud_properties() {
        let mut networks = networks(json!({
            "a": {"type": "manual", "ip": "10.0.0.5", "cloud_properties": {"name": "bosh-net"}},
        }))
        .unwrap();
        for (_, network) in networks.iter_mut() {
            network.set_mac("02:AB:00:00:00:0F");
            network.set("routes", json!([]));
        }
        let expected = json!({
            "a": {"type": "manual", "ip": "10.0.0.5", "mac": "02:ab:00:00:00:0f", "routes": []},
        });
        assert_eq!(Value::Object(networks.to_settings()), expected);
    }

    #[test]
    fn kinds_addresses_and_prefixes_are_understood() {
        let network = one(json!({"ip": "fd00::5", "prefix": "64", "nic_group": 2})).unwrap();
        assert_eq!(network.kind, NetworkKind::Manual, "create-env may leave the type out");
        assert_eq!(network.ip, Some("fd00::5".parse().unwrap()));
        assert_eq!((network.prefix, network.nic_group.as_deref()), (Some(64), Some("2")));

        let single = one(json!({"type": "manual", "ip": "fd00::5", "prefix": "128"})).unwrap();
        assert_eq!(single.prefix, None);
        let vip = one(json!({"type": "vip", "ip": "203.0.113.7"})).unwrap();
        assert_eq!((vip.kind, vip.cloud_properties.raw().len()), (NetworkKind::Vip, 0));
        let dynamic = one(json!({"type": "dynamic", "ip": "", "cloud_properties": null})).unwrap();
        assert_eq!((dynamic.kind, dynamic.ip), (NetworkKind::Dynamic, None));
    }

    #[test]
    fn a_culprit_is_named_by_its_path() {
        let cases = [
            (json!({"a": []}), "arguments[3].a: expected a hash"),
            (json!({"a": {"type": "magic"}}), "arguments[3].a.type: "),
            (json!({"a": {"type": {}}}), "arguments[3].a.type: expected a string"),
            (json!({"a": {"ip": "10.0.0"}}), "arguments[3].a.ip: '10.0.0' is not an IP address"),
            (json!({"a": {"prefix": "129"}}), "arguments[3].a.prefix: "),
            (json!({"a": {"default": "dns"}}), "arguments[3].a.default: expected a list"),
            (json!({"a": {"cloud_properties": 1}}), "arguments[3].a.cloud_properties: expected"),
            (json!("a"), "arguments[3]: expected a hash"),
        ];
        for (sent, expected) in cases {
            let message = networks(sent.clone()).unwrap_err().message;
            assert!(message.starts_with(expected), "{sent} → {message}");
        }
    }
}
