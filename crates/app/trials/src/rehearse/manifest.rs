//! A create-env manifest, as far as the CPI and the agent have to do with it.

use super::mbus::Mbus;
use super::{Embedded, Variables};
use serde_json::{Map, Value, json};

/// A manifest that can be rehearsed. It holds secrets, so it is not shown.
pub struct Manifest {
    /// The deployment's name.
    pub name: String,
    /// The instance group's name.
    pub group: String,
    /// `cloud_provider.properties`.
    pub(super) properties: Map<String, Value>,
    /// `cloud_provider.mbus`.
    pub(super) mbus: Mbus,
    /// The CA that the agent's certificate is signed with. The CLI takes any without.
    pub(super) ca: Option<String>,
    /// The stemcell's image: a path, and what create_stemcell is given beside it.
    pub(super) stemcell: (Option<String>, Value),
    /// The VM's `cloud_properties`.
    pub(super) cloud_properties: Value,
    /// The VM's `env`.
    pub(super) env: Value,
    /// The VM's networks, as create_vm takes them.
    pub(super) networks: Value,
    /// The persistent disk: MiB and `cloud_properties`.
    pub(super) disk: Option<(u64, Value)>,
}

/// A manifest that cannot be rehearsed.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is not YAML.
    #[error("the manifest is not YAML: {0}")]
    Yaml(String),
    /// Something is missing.
    #[error("{0}: missing in the manifest")]
    Missing(String),
    /// Something is wrong.
    #[error("{path}: {why}")]
    Wrong {
        /// Where.
        path: String,
        /// What.
        why: String,
    },
    /// Variables without a value.
    #[error("variables without a value: {0}; give them by --vars-file or -v NAME=VALUE")]
    Unset(String),
}

impl ManifestError {
    pub(super) fn missing(path: impl Into<String>) -> Self {
        Self::Missing(path.into())
    }
}

type Result<T> = std::result::Result<T, ManifestError>;

impl Manifest {
    /// Reads a manifest, with these variables and those that it lets be generated. For an
    /// embedded cloud, its endpoint, keys and message bus are put in.
    pub fn read(text: &str, mut variables: Variables, embedded: Option<&Embedded>) -> Result<Self> {
        let mut document: Value =
            serde_saphyr::from_str(text).map_err(|e| ManifestError::Yaml(e.to_string()))?;
        if let Some(embedded) = embedded {
            embedded.point(&mut document);
        }
        variables.generate(&document["variables"])?;
        variables.fill(&mut document)?;
        let mut manifest = Self::of(&document)?;
        if embedded.is_some() {
            manifest.move_bus()?;
        }
        Ok(manifest)
    }

    fn of(document: &Value) -> Result<Self> {
        let group = first(document, "instance_groups").or_else(|_| first(document, "jobs"))?;
        let pool = first(document, "resource_pools")?;
        let provider = &document["cloud_provider"];
        let mbus = text(provider, "mbus", "cloud_provider.mbus")?;
        let properties = provider["properties"].as_object().cloned();
        let stemcell = &pool["stemcell"];
        let url = stemcell["url"].as_str();
        let path = match url {
            None => None,
            Some(url) => Some(url.strip_prefix("file://").ok_or_else(|| ManifestError::Wrong {
                path: "resource_pools[0].stemcell.url".into(),
                why: "only file://… can be rehearsed: fetch it first".into(),
            })?),
        };
        Ok(Self {
            name: text(document, "name", "name")?,
            group: text(group, "name", "instance_groups[0].name")?,
            properties: properties
                .ok_or_else(|| ManifestError::missing("cloud_provider.properties"))?,
            mbus: Mbus::read(&mbus, "cloud_provider.mbus")?,
            ca: provider["cert"]["ca"].as_str().map(str::to_owned),
            stemcell: (path.map(str::to_owned), hash(&stemcell["cloud_properties"])),
            cloud_properties: hash(&pool["cloud_properties"]),
            env: hash(&pool["env"]),
            networks: networks(document, group)?,
            disk: disk(document, group)?,
        })
    }

    /// The simulator's agent listens on this machine, at any port that is free.
    fn move_bus(&mut self) -> Result<()> {
        self.mbus = self.mbus.at("127.0.0.1", 0);
        let agent = self.properties.entry("agent").or_insert_with(|| json!({}));
        let path = "cloud_provider.properties.agent.mbus";
        let bus = Mbus::read(&text(agent, "mbus", path)?, path)?;
        agent["mbus"] = json!(bus.at("0.0.0.0", 0).to_url());
        Ok(())
    }

    /// The CPI's config as its job renders it. `state_dir` is used where the manifest says none.
    pub(super) fn config(&self, state_dir: &str) -> Result<Value> {
        let mut properties = self.properties.clone();
        const COMMON: &[&str] = &["agent", "blobstore", "ntp", "env", "debug", "state_dir"];
        let plugin = properties.keys().find(|key| !COMMON.contains(&key.as_str())).cloned();
        let plugin = plugin.ok_or_else(|| {
            ManifestError::missing("cloud_provider.properties.cloudstack (or another cloud)")
        })?;
        // Manifests have these beside `agent`; the job renders them into it.
        let moved: Vec<(&str, Value)> = ["ntp", "blobstore"]
            .into_iter()
            .filter_map(|key| Some((key, properties.shift_remove(key)?)))
            .collect();
        let agent = properties.entry("agent").or_insert_with(|| json!({}));
        for (key, value) in moved {
            if agent[key].is_null() {
                agent[key] = value;
            }
        }
        // Proxies are the job's: it sets the environment.
        properties.shift_remove("env");
        properties.entry("state_dir").or_insert_with(|| json!(state_dir));
        Ok(json!({"cloud": {"plugin": plugin, "properties": properties}}))
    }
}

fn first<'a>(document: &'a Value, key: &str) -> Result<&'a Value> {
    document[key].get(0).ok_or_else(|| ManifestError::missing(format!("{key}[0]")))
}

fn text(value: &Value, key: &str, path: &str) -> Result<String> {
    let text = value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or_else(|| ManifestError::missing(path))
}

fn hash(value: &Value) -> Value {
    if value.is_object() { value.clone() } else { json!({}) }
}

fn named<'a>(document: &'a Value, list: &str, name: &str) -> Result<&'a Value> {
    let all = document[list].as_array();
    let found = all.into_iter().flatten().find(|it| it["name"] == name);
    found.ok_or_else(|| ManifestError::missing(format!("{list}: one of the name '{name}'")))
}

/// The networks of the instance, as the CLI sends them: no prefix, and one network alone is the
/// default for everything.
fn networks(document: &Value, group: &Value) -> Result<Value> {
    let wanted = group["networks"].as_array().cloned().unwrap_or_default();
    let mut networks = Map::new();
    for (at, own) in wanted.iter().enumerate() {
        let path = format!("instance_groups[0].networks[{at}]");
        let name = text(own, "name", &format!("{path}.name"))?;
        let network = named(document, "networks", &name)?;
        let kind = network["type"].as_str().unwrap_or("manual");
        let subnet = if kind == "manual" { &network["subnets"][0] } else { network };
        let mut made = json!({"type": kind, "cloud_properties": hash(&subnet["cloud_properties"])});
        if let Some(ip) = own["static_ips"].get(0).or_else(|| own.get("static_ip")) {
            made["ip"] = ip.clone();
        } else if kind != "dynamic" {
            return Err(ManifestError::missing(format!("{path}.static_ips[0]")));
        }
        if kind == "manual" {
            let range = text(subnet, "range", &format!("networks: {name}.subnets[0].range"))?;
            made["netmask"] = json!(netmask(&range).ok_or_else(|| ManifestError::Wrong {
                path: format!("networks: {name}.subnets[0].range"),
                why: format!("'{range}' is no IPv4 range such as 10.0.0.0/24"),
            })?);
            made["gateway"] = subnet["gateway"].clone();
        }
        if !subnet["dns"].is_null() {
            made["dns"] = subnet["dns"].clone();
        }
        if wanted.len() == 1 {
            made["default"] = json!(["dns", "gateway"]);
        } else if !own["default"].is_null() {
            made["default"] = own["default"].clone();
        }
        networks.insert(name, made);
    }
    if networks.is_empty() {
        return Err(ManifestError::missing("instance_groups[0].networks[0]"));
    }
    Ok(Value::Object(networks))
}

fn netmask(range: &str) -> Option<String> {
    let (base, bits) = range.split_once('/')?;
    base.parse::<std::net::Ipv4Addr>().ok()?;
    let bits: u32 = bits.parse().ok().filter(|bits| (1..=32).contains(bits))?;
    Some(std::net::Ipv4Addr::from_bits(u32::MAX << (32 - bits)).to_string())
}

fn disk(document: &Value, group: &Value) -> Result<Option<(u64, Value)>> {
    if let Some(size) = group["persistent_disk"].as_u64().filter(|size| *size > 0) {
        return Ok(Some((size, json!({}))));
    }
    let Some(name) = group["persistent_disk_pool"].as_str() else { return Ok(None) };
    let pool = named(document, "disk_pools", name)?;
    let size = pool["disk_size"].as_u64();
    let size =
        size.ok_or_else(|| ManifestError::missing(format!("disk_pools: {name}.disk_size")))?;
    Ok(Some((size, hash(&pool["cloud_properties"]))))
}
