//! `instance_groups`, or `jobs` as they were once called.

use super::fields::{Fields, Findings};
use super::network::{Kind, Network};
use super::pool::{Disk, NamedPool, ResourcePool};
use super::release::JobReference;
use bosh_cpi::MiB;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The one instance group of a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceGroup {
    /// Its name.
    pub name: String,
    /// The jobs on its instance.
    pub jobs: Vec<Job>,
    /// The networks of its instance, in the manifest's order.
    pub networks: Vec<InstanceNetwork>,
    /// Properties of the group.
    pub properties: Map<String, Value>,
    /// The persistent disk that is wanted.
    pub disk: Option<Disk>,
}

/// A job on the instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Which job of which release.
    pub reference: JobReference,
    /// Where it stands, for messages.
    pub path: String,
    /// Properties of the job alone. Where there are some, even none at all (`{}`), the manifest's
    /// and the group's do not count.
    pub properties: Option<Map<String, Value>>,
}

/// A network of the instance.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceNetwork {
    /// Its name.
    pub name: String,
    /// How it gives addresses.
    pub kind: Kind,
    /// The instance's address, as written.
    pub ip: Option<String>,
    /// `dns` and `gateway`, if this network is the default for them.
    pub defaults: Vec<String>,
    /// Addresses of DNS servers.
    pub dns: Vec<String>,
    /// What the CPI is given.
    pub cloud_properties: Map<String, Value>,
}

impl InstanceGroup {
    /// The fourth argument of `create_vm`, and the networks of the agent's spec.
    pub fn networks_argument(&self) -> Map<String, Value> {
        let networks = self.networks.iter();
        networks.map(|network| (network.name.clone(), network.to_json())).collect()
    }

    /// The network whose address is the instance's: the one that is the default for the gateway.
    pub fn main_network(&self) -> Option<&InstanceNetwork> {
        if let [network] = self.networks.as_slice() {
            return Some(network);
        }
        let gateway = |network: &&InstanceNetwork| network.defaults.iter().any(|d| d == "gateway");
        self.networks.iter().find(gateway)
    }
}

impl InstanceNetwork {
    fn to_json(&self) -> Value {
        let mut network = Map::new();
        let kind = match &self.kind {
            Kind::Manual { .. } => "manual",
            Kind::Dynamic => "dynamic",
            Kind::Vip => "vip",
        };
        network.insert("type".into(), kind.into());
        if let Some(ip) = &self.ip {
            network.insert("ip".into(), ip.as_str().into());
        }
        if let Kind::Manual { range, gateway } = &self.kind {
            network.insert("netmask".into(), range.map(|range| range.netmask()).into());
            network.insert("gateway".into(), gateway.as_str().into());
        }
        if !self.dns.is_empty() {
            network.insert("dns".into(), json!(self.dns));
        }
        if !self.defaults.is_empty() {
            network.insert("default".into(), json!(self.defaults));
        }
        network.insert("cloud_properties".into(), self.cloud_properties.clone().into());
        network.into()
    }
}

/// What the group's names must refer to.
pub(super) struct Known<'a> {
    pub networks: &'a [Network],
    pub resource_pools: &'a [NamedPool<ResourcePool>],
    pub disk_pools: &'a [NamedPool<Disk>],
    pub releases: &'a BTreeSet<String>,
    pub findings: &'a Findings,
}

/// The group with the pool of its VM; nothing if one of them is wrong.
pub(super) fn read(root: &Fields<'_>, known: &Known<'_>) -> Option<(InstanceGroup, ResourcePool)> {
    let jobs = root.maps("jobs");
    let groups = root.maps("instance_groups");
    let both = !jobs.is_empty() && !groups.is_empty();
    if both {
        root.problem("jobs", "and instance_groups are both given, only one is allowed");
    }
    let (key, groups) = if jobs.is_empty() { ("instance_groups", groups) } else { ("jobs", jobs) };
    if groups.is_empty() && root.value(key).is_none_or(|value| value.as_list().is_some()) {
        root.problem(key, "must have one item: the group of the VM that is wanted");
    } else if groups.len() > 1 {
        let found = groups.len();
        root.problem(key, format!("must have one item, found {found}: one VM can be made"));
    }
    let read: Vec<_> = groups.iter().map(|fields| group(fields, known)).collect();
    read.into_iter().next().flatten().filter(|_| !both)
}

fn group(fields: &Fields<'_>, known: &Known<'_>) -> Option<(InstanceGroup, ResourcePool)> {
    let name = fields.required_text("name");
    check_instances(fields);
    let pool = resource_pool(fields, known);
    let disk = disk(fields, known);
    let networks = networks(fields, known);
    let lifecycle = fields.text("lifecycle");
    if !lifecycle.is_empty() && lifecycle != "service" {
        fields.problem("lifecycle", format!("must be 'service', '{lifecycle}' is not supported"));
    }
    let jobs = jobs(fields, known);
    let properties = fields.json("properties").unwrap_or_default();
    Some((InstanceGroup { name, jobs, networks, properties, disk }, pool?))
}

fn check_instances(fields: &Fields<'_>) {
    if fields.value("instances").is_none() {
        fields.problem("instances", "is required, and must be 1");
    } else if fields.integer("instances") != 1 {
        fields.problem("instances", "must be 1");
    }
}

fn resource_pool(fields: &Fields<'_>, known: &Known<'_>) -> Option<ResourcePool> {
    let name = fields.required_text("resource_pool");
    if name.trim().is_empty() {
        if fields.value("vm_type").is_some() || fields.value("stemcell").is_some() {
            fields.problem(
                "vm_type",
                "is for a director; create-env takes the VM from resource_pools",
            );
        }
        return None;
    }
    let Some(found) = known.resource_pools.iter().find(|pool| pool.name == name) else {
        fields.problem("resource_pool", format!("'{name}' must be the name of a resource pool"));
        return None;
    };
    found.pool.clone()
}

fn disk(fields: &Fields<'_>, known: &Known<'_>) -> Option<Disk> {
    let size = fields.integer("persistent_disk");
    let pool = fields.text("persistent_disk_pool");
    if size < 0 {
        fields.problem("persistent_disk", "must not be negative");
    }
    if !pool.is_empty() {
        let found = known.disk_pools.iter().find(|known| known.name == pool);
        if found.is_none() {
            let message = format!("'{pool}' must be the name of a disk pool");
            fields.problem("persistent_disk_pool", message);
        }
        return found?.pool.clone();
    }
    if fields.value("persistent_disk_type").is_some() {
        let message = "is for a director; create-env takes the disk from disk_pools";
        fields.problem("persistent_disk_type", message);
    }
    let size = u64::try_from(size).ok().filter(|size| *size > 0)?;
    Some(Disk { size: MiB(size), cloud_properties: Map::new() })
}

fn networks(fields: &Fields<'_>, known: &Known<'_>) -> Vec<InstanceNetwork> {
    let given = fields.maps("networks");
    if given.is_empty() {
        fields.problem("networks", "must have at least one item");
    }
    let alone = given.len() == 1;
    let mut names = BTreeSet::new();
    let mut networks = Vec::new();
    for fields in &given {
        let name = fields.required_text("name");
        if !name.is_empty() && !names.insert(name.clone()) {
            fields.problem("name", format!("must be unique: '{name}' is there twice"));
        }
        networks.extend(network(fields, name, alone, known));
    }
    check_defaults(fields, &networks, given.len());
    networks
}

fn network(
    fields: &Fields<'_>,
    name: String,
    alone: bool,
    known: &Known<'_>,
) -> Option<InstanceNetwork> {
    let ips = fields.texts("static_ips");
    let defaults = fields.texts("default");
    for (index, default) in defaults.iter().enumerate() {
        if default != "dns" && default != "gateway" {
            fields.problem(&format!("default[{index}]"), "must be dns or gateway");
        }
    }
    // The last of several networks of one name counts, as to the CLI.
    let Some(network) = known.networks.iter().rev().find(|network| network.name == name) else {
        if !name.trim().is_empty() {
            fields.problem("name", format!("'{name}' must be the name of a network"));
        }
        return None;
    };
    for (index, ip) in ips.iter().enumerate() {
        check_static_ip(fields, &format!("static_ips[{index}]"), ip, network);
    }
    if ips.len() > 1 {
        known.findings.problem(fields.path("static_ips"), "must have one address: there is one VM");
    }
    let ip = ips.into_iter().next();
    match (&network.kind, &ip) {
        (Kind::Manual { .. }, None) => {
            fields.problem("static_ips", "must have an address, since the network is manual");
        }
        (Kind::Vip, None) => {
            fields.problem("static_ips", "must have an address, since the network is a VIP");
        }
        _ => {}
    }
    let defaults = if alone { vec!["dns".into(), "gateway".into()] } else { defaults };
    Some(InstanceNetwork {
        name,
        kind: network.kind.clone(),
        ip,
        defaults,
        dns: network.dns.clone(),
        cloud_properties: network.cloud_properties.clone(),
    })
}

fn check_static_ip(fields: &Fields<'_>, key: &str, ip: &str, network: &Network) {
    let Ok(address) = ip.parse::<IpAddr>() else {
        fields.problem(key, format!("'{ip}' must be an IP address"));
        return;
    };
    if let Kind::Manual { range: Some(range), .. } = &network.kind
        && !range.contains(address)
    {
        fields
            .problem(key, format!("'{ip}' must be within the range of network '{}'", network.name));
    }
}

fn check_defaults(group: &Fields<'_>, networks: &[InstanceNetwork], given: usize) {
    if given < 2 || networks.len() < given {
        return;
    }
    for default in ["dns", "gateway"] {
        let count = networks.iter().flat_map(|network| &network.defaults);
        match count.filter(|found| *found == default).count() {
            1 => {}
            0 => group.problem(
                "networks",
                format!("must have one with default: [{default}], since there are several"),
            ),
            _ => group.problem("networks", format!("must have only one with default {default}")),
        }
    }
}

fn jobs(fields: &Fields<'_>, known: &Known<'_>) -> Vec<Job> {
    let templates = fields.maps("templates");
    let jobs = fields.maps("jobs");
    if !templates.is_empty() && !jobs.is_empty() {
        fields.problem("templates", "and jobs are both given, only one is allowed");
    }
    let given = if jobs.is_empty() { templates } else { jobs };
    let mut names = BTreeSet::new();
    let mut jobs = Vec::new();
    for fields in given {
        let reference = JobReference::read(&fields, known.releases);
        if !reference.name.is_empty() && !names.insert(reference.name.clone()) {
            let name = &reference.name;
            fields.problem("name", format!("must be unique: '{name}' is there twice"));
        }
        let properties = fields.json("properties");
        jobs.push(Job { reference, path: fields.own_path().to_owned(), properties });
    }
    jobs
}
