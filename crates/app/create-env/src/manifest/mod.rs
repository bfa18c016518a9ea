//! A create-env manifest, checked: what this holds is what can be deployed.

mod cidr;
mod cloud_provider;
mod fields;
mod instance_group;
mod location;
mod network;
mod pool;
mod release;
mod watch_time;

pub use bosh_agent::Mbus;
pub use cidr::Cidr;
pub use cloud_provider::CloudProvider;
pub use fields::Problem;
pub use instance_group::{InstanceGroup, InstanceNetwork, Job};
pub use location::{Folders, Location, Tarball};
pub use network::Kind as NetworkKind;
pub use pool::{Disk, ResourcePool, Stemcell};
pub use release::{JobReference, Release};
pub use watch_time::WatchTime;

use bosh_manifest::Value;
use fields::Findings;
use instance_group::Known;
use serde_json::Map;
use std::collections::BTreeMap;
use std::fmt;

/// A create-env manifest. All its names refer to something; what it has and nobody uses was
/// checked and left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The deployment's name.
    pub name: String,
    /// All releases, the CPI's among them.
    pub releases: Vec<Release>,
    /// The one group.
    pub instance_group: InstanceGroup,
    /// What the group's VM is made of.
    pub resource_pool: ResourcePool,
    /// Properties of the whole deployment.
    pub properties: Map<String, serde_json::Value>,
    /// Tags of VM and disk.
    pub tags: BTreeMap<String, String>,
    /// How long processes have to become running.
    pub watch_time: WatchTime,
    /// The CPI and the agent's address.
    pub cloud_provider: CloudProvider,
    /// Paths that have no meaning to create-env, such as `azs`, for a warning.
    pub ignored: Vec<String>,
}

/// How a manifest is read.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// From where relative paths count.
    pub folders: Folders<'a>,
    /// Whether the CPI comes from one of the manifest's releases. Where it does not, the manifest
    /// may have no release at all.
    pub cpi_from_release: bool,
}

/// All that is wrong with a manifest.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidManifest {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for InvalidManifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the manifest is not valid:")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
    }
}

impl Manifest {
    /// Reads a manifest in which operations have been done and variables have been replaced.
    pub fn read(document: &Value, reading: Reading<'_>) -> Result<Manifest, InvalidManifest> {
        let findings = Findings::default();
        let manifest = read(document, reading, &findings);
        let (problems, ignored) = findings.into_parts();
        match manifest {
            Some(manifest) if problems.is_empty() => Ok(Manifest { ignored, ..manifest }),
            _ => Err(InvalidManifest { problems }),
        }
    }
}

fn read(document: &Value, reading: Reading<'_>, findings: &Findings) -> Option<Manifest> {
    let root = findings.fields(document, "");
    document.as_map()?;
    root.pass(&["variables"]);
    let name = root.required_text("name");
    let (releases, names) = release::read(&root, reading.folders);
    if names.is_empty() && reading.cpi_from_release {
        root.problem("releases", "must have at least one item: the release of the CPI");
    }
    let networks = network::read(&root);
    let resource_pools = pool::read_resource_pools(&root, &networks, reading.folders);
    let disk_pools = pool::read_disk_pools(&root);
    let known = Known {
        networks: &networks,
        resource_pools: &resource_pools,
        disk_pools: &disk_pools,
        releases: &names,
        findings,
    };
    let group = instance_group::read(&root, &known);
    let properties = root.json("properties").unwrap_or_default();
    let tags = tags(&root, findings);
    let watch_time = WatchTime::read(&root);
    let cloud_provider = cloud_provider::read(&root, &names, reading.cpi_from_release);
    let (instance_group, resource_pool) = group?;
    Some(Manifest {
        name,
        releases,
        instance_group,
        resource_pool,
        properties,
        tags,
        watch_time,
        cloud_provider: cloud_provider?,
        ignored: Vec::new(),
    })
}

fn tags(root: &fields::Fields<'_>, findings: &Findings) -> BTreeMap<String, String> {
    let Some(value) = root.value("tags") else { return BTreeMap::new() };
    let Some(map) = value.as_map() else {
        root.problem("tags", format!("must be a map, found {}", value.kind()));
        return BTreeMap::new();
    };
    let mut tags = BTreeMap::new();
    for (key, value) in map {
        let text = if *value == Value::Null { Some(String::new()) } else { value.scalar_text() };
        match text {
            Some(text) => {
                tags.insert(key.to_string(), text);
            }
            None => findings.problem(format!("tags.{key}"), "must be a string"),
        }
    }
    tags
}
