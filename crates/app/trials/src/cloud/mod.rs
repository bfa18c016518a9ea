//! The clouds on which trials are played: each embedded, each behind its real API, and all of
//! them asked the same questions here.

mod cloudstack;
mod softlayer;

pub use cloudstack::{CloudStack, left, watched};
pub use softlayer::SoftLayer;

use anyhow::Result;
use cloud_http::Effect;
use serde::Serialize;
use serde_json::{Map, Value};
use simulator_kit::CallRecord;
use simulator_kit::fault::Fault;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::str::FromStr;

/// Which cloud.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Plugin {
    /// CloudStack.
    #[default]
    Cloudstack,
    /// SoftLayer.
    Softlayer,
}

impl Plugin {
    /// As `cloud.plugin` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cloudstack => "cloudstack",
            Self::Softlayer => "softlayer",
        }
    }

    /// As people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Cloudstack => "CloudStack",
            Self::Softlayer => "SoftLayer",
        }
    }
}

impl std::fmt::Display for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Plugin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Cloudstack, Self::Softlayer];
        let named = all.into_iter().find(|plugin| plugin.name() == text);
        named.ok_or_else(|| "expected cloudstack or softlayer".to_owned())
    }
}

/// What a cloud holds at the start.
#[derive(Debug, Clone)]
pub enum World {
    /// Of CloudStack.
    CloudStack(simulator_cloudstack::World),
    /// Of SoftLayer.
    SoftLayer(simulator_softlayer::World),
}

/// How fast a world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As its file says.
    Own,
    /// So that it can be watched.
    Watched,
    /// Nothing takes time, or as little as it can without being at once.
    Quick,
}

impl World {
    /// The built-in one of a cloud.
    pub fn builtin(plugin: Plugin) -> Self {
        match plugin {
            Plugin::Cloudstack => Self::CloudStack(simulator_cloudstack::World::builtin()),
            Plugin::Softlayer => Self::SoftLayer(simulator_softlayer::World::builtin()),
        }
    }

    /// The text of the built-in one.
    pub fn default_yaml(plugin: Plugin) -> &'static str {
        match plugin {
            Plugin::Cloudstack => simulator_cloudstack::World::default_yaml(),
            Plugin::Softlayer => simulator_softlayer::World::default_yaml(),
        }
    }

    /// Reads a world file.
    pub fn from_yaml(plugin: Plugin, text: &str) -> Result<Self> {
        Ok(match plugin {
            Plugin::Cloudstack => Self::CloudStack(simulator_cloudstack::World::from_yaml(text)?),
            Plugin::Softlayer => Self::SoftLayer(simulator_softlayer::World::from_yaml(text)?),
        })
    }

    /// Of which cloud it is.
    pub fn plugin(&self) -> Plugin {
        match self {
            Self::CloudStack(_) => Plugin::Cloudstack,
            Self::SoftLayer(_) => Plugin::Softlayer,
        }
    }

    /// Starts a cloud with it, on a free loopback port.
    pub fn start(&self, pace: Pace) -> Result<Box<dyn Cloud>> {
        Ok(match self {
            Self::CloudStack(world) => Box::new(CloudStack::start(world, pace)?),
            Self::SoftLayer(world) => Box::new(SoftLayer::start(world, pace)?),
        })
    }
}

/// A VM, as the cloud knows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vm {
    /// The name that people see.
    pub name: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The MAC of each NIC.
    pub macs: Vec<String>,
}

/// A persistent disk, as the cloud knows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Disk {
    /// Its size in GiB.
    pub gib: u64,
    /// What it was tagged with.
    pub tags: BTreeMap<String, String>,
}

/// One thing in a cloud.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Thing {
    /// What it is: a VM, a volume …
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its state, where it has one.
    pub state: Option<String>,
}

impl Thing {
    /// A thing by its name.
    pub fn new(kind: &'static str, name: &str, state: Option<&str>) -> Self {
        Self { kind, name: name.to_owned(), state: state.map(str::to_owned) }
    }
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.name)?;
        self.state.as_ref().map_or(Ok(()), |state| write!(f, " ({state})"))
    }
}

/// What is asked of a cloud of this kind: the cloud's own words, where BOSH leaves them to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// An id that names nothing.
    pub nothing: &'static str,
    /// `cloud_properties` of a light stemcell, and those of one whose image is not there.
    pub stemcell: Value,
    /// … with the name that is not there.
    pub no_stemcell: (Value, &'static str),
    /// `cloud_properties` of a VM with an ephemeral disk.
    pub vm: Value,
    /// `cloud_properties` of VMs that cannot be, with what is wrong in each.
    pub no_vms: Vec<(Value, &'static str)>,
    /// `cloud_properties` of a network, of a second one, and of one that is not there.
    pub network: Value,
    /// The second one.
    pub second_network: Value,
    /// … with the name that is not there.
    pub no_network: (Value, &'static str),
    /// The first three parts of the addresses of manual networks.
    pub addresses: &'static str,
    /// Their mask.
    pub netmask: &'static str,
    /// Their gateway.
    pub gateway: &'static str,
    /// Whether the cloud keeps account of who has which of them.
    pub knows_taken_addresses: bool,
    /// `cloud_properties` of a disk.
    pub disk: Value,
    /// The size of the smallest disk that trials make, in MiB.
    pub disk_mib: u64,
    /// `cloud_properties` of disks that cannot be, with a size in MiB.
    pub no_disks: Vec<(u64, Value)>,
    /// A size in MiB that is no whole number of GiB, and the GiB that it comes to.
    pub rounds: (u64, u64),
    /// A large size in MiB.
    pub large: u64,
    /// The API call by which a VM is looked for.
    pub find_vm: &'static str,
    /// The property of the config that holds the secret key, and the one that names the cloud.
    pub secret: &'static str,
    /// The endpoint's.
    pub endpoint: &'static str,
}

impl Samples {
    /// A manual network with the address of this number.
    pub fn ip(&self, number: u8) -> String {
        format!("{}.{number}", self.addresses)
    }
}

/// An embedded cloud that runs, until it is dropped.
pub trait Cloud: Send + Sync {
    /// Which one it is.
    fn plugin(&self) -> Plugin;

    /// Where its API is.
    fn endpoint(&self) -> String;

    /// What stands for what in a config's template: `{endpoint}`, `{api_key}` …
    fn placeholders(&self) -> Vec<(&'static str, String)>;

    /// The cloud's own properties in a config, with those placeholders in them; every wait ends
    /// after `"{timeout}"` seconds, and lost requests are waited for that long.
    fn properties(&self, horizon: f64) -> Map<String, Value>;

    /// What is asked of it.
    fn samples(&self) -> Samples;

    /// The calls since the log was last cleared.
    fn calls(&self) -> Vec<CallRecord>;

    /// Forgets the calls so far.
    fn clear_calls(&self);

    /// Declares faults in place of those before.
    fn declare_faults(&self, faults: Vec<Fault>);

    /// How often they have struck.
    fn faults_struck(&self) -> u32;

    /// What a call does to the cloud, and whether it starts something that goes on after its
    /// answer.
    fn effect(&self, command: &str) -> (Effect, bool);

    /// The id of everything that lists show.
    fn ids(&self) -> BTreeSet<String>;

    /// What the cloud holds, by kind and id, as far as a director would count it; what nobody
    /// pays for and what goes by itself is not counted.
    fn things(&self) -> BTreeSet<String>;

    /// Everything that was not there before the first call, as people would name it.
    fn left(&self) -> Vec<Thing>;

    /// Where the metadata service of a VM is, and the path of its user data.
    fn metadata(&self, vm: &str) -> Option<(SocketAddr, &'static str)>;

    /// The settings in what the metadata service answered.
    fn settings(&self, answer: &[u8]) -> Result<Value>;

    /// A VM.
    fn vm(&self, cid: &str) -> Option<Vm>;

    /// A persistent disk.
    fn disk(&self, cid: &str) -> Option<Disk>;

    /// Whether there is such a snapshot.
    fn has_snapshot(&self, cid: &str) -> bool;

    /// How many persistent disks there are.
    fn disks(&self) -> usize;

    /// How many images there are to make VMs of.
    fn images(&self) -> usize;

    /// The embedded CloudStack, for trials of what only CloudStack has.
    fn cloudstack(&self) -> Option<&CloudStack>;
}
