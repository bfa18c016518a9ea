//! What a cloud holds beyond its world: what a driver made and left there.

use crate::engine::{JobRecord, seconds};
use crate::metadata;
use crate::shared::Shared;
use crate::state::{Cloud, Vm, Volume};
use cloudstack::api::JobStatus;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// What a cloud holds beyond its world.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Inventory {
    /// VMs that are not expunged.
    pub vms: Vec<VmEntry>,
    /// Volumes.
    pub volumes: Vec<VolumeEntry>,
    /// Snapshots.
    pub snapshots: Vec<Entry>,
    /// Templates that somebody made.
    pub templates: Vec<Entry>,
    /// Networks that are not of the world.
    pub networks: Vec<Entry>,
    /// VPCs.
    pub vpcs: Vec<Entry>,
    /// Public addresses in use, except those that networks take for themselves.
    pub addresses: Vec<Entry>,
    /// Firewall, port-forwarding and load-balancer rules.
    pub rules: Vec<Entry>,
    /// Affinity groups.
    pub affinity_groups: Vec<Entry>,
    /// Security groups, except the default ones.
    pub security_groups: Vec<Entry>,
    /// Key pairs that are not of the world.
    pub key_pairs: Vec<Entry>,
    /// Projects.
    pub projects: Vec<Entry>,
    /// Tags.
    pub tags: Vec<TagEntry>,
    /// Jobs that have not ended.
    pub jobs: Vec<JobEntry>,
}

/// A thing with an id and a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Its name, or its address.
    pub name: String,
    /// Its state, or what it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// A VM.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VmEntry {
    /// Its id.
    pub id: String,
    /// Its host name.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
    /// `Running`, `Stopped`, `Destroyed`, `Error` …
    pub state: String,
    /// Its addresses, the default NIC's first.
    pub addresses: Vec<String>,
    /// Its MACs, in the same order.
    pub macs: Vec<String>,
    /// Where its metadata service listens: `http://<address>/latest/user-data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<SocketAddr>,
}

/// A volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VolumeEntry {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `ROOT` or `DATADISK`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `Allocated`, `Ready` …
    pub state: String,
    /// Its size in bytes.
    pub size: u64,
    /// The VM it is attached to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vm: Option<String>,
    /// Its place there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<u64>,
}

/// A tag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TagEntry {
    /// `UserVm`, `Volume` …
    pub kind: String,
    /// The resource's id.
    pub resource: String,
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// A job.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct JobEntry {
    /// Its id.
    pub id: String,
    /// The command that started it.
    pub command: String,
    /// 0 pending, 1 done, 2 failed.
    pub status: i64,
    /// What it works on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// When it was made, in seconds since the epoch.
    pub start: f64,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<f64>,
}

impl JobEntry {
    /// What the log says of a job.
    pub fn of(job: &JobRecord) -> Self {
        Self {
            id: job.id.clone(),
            command: job.command.to_owned(),
            status: job.status.into(),
            instance: job.instance.clone(),
            start: seconds(job.created),
            end: job.completed.map(seconds),
        }
    }
}

impl Inventory {
    /// What a running cloud holds now: what has fallen due is done.
    pub(crate) fn of_running(shared: &Shared) -> Self {
        shared.cloud().settle();
        let doors = metadata::addresses(shared);
        Self::of(&shared.cloud(), &doors)
    }

    /// What `cloud` holds. `doors` are the metadata addresses of its VMs.
    pub fn of(cloud: &Cloud, doors: &BTreeMap<String, SocketAddr>) -> Self {
        let world = &cloud.world;
        let entry = |id: &str, name: &str, state: Option<&str>| Entry {
            id: id.into(),
            name: name.into(),
            state: state.map(str::to_owned),
        };
        let made = |name: &str| !world.networks.iter().any(|network| network.name == name);
        let known = |name: &str| world.key_pairs.iter().any(|pair| pair.name == name);
        Self {
            vms: cloud.vms.iter().map(|vm| vm_entry(vm, doors.get(&vm.id).copied())).collect(),
            volumes: cloud.volumes.iter().map(volume_entry).collect(),
            snapshots: cloud
                .snapshots
                .iter()
                .map(|it| entry(&it.id, &it.name, Some(it.state.name())))
                .collect(),
            templates: cloud
                .templates
                .iter()
                .filter(|it| !it.builtin)
                .map(|it| entry(&it.id, &it.name, None))
                .collect(),
            networks: cloud
                .networks
                .iter()
                .filter(|it| made(&it.name))
                .map(|it| entry(&it.id, &it.name, Some(it.state())))
                .collect(),
            vpcs: cloud.routing.vpcs.iter().map(|it| entry(&it.id, &it.name, None)).collect(),
            addresses: addresses(cloud),
            rules: rules(cloud),
            affinity_groups: cloud
                .affinity_groups
                .iter()
                .map(|it| entry(&it.id, &it.name, None))
                .collect(),
            security_groups: cloud
                .security_groups
                .iter()
                .filter(|it| it.name != crate::state::security_group::DEFAULT)
                .map(|it| entry(&it.id, &it.name, None))
                .collect(),
            key_pairs: cloud
                .key_pairs
                .iter()
                .filter(|it| !known(&it.name))
                .map(|it| entry(&it.id, &it.name, None))
                .collect(),
            projects: cloud.projects.iter().map(|it| entry(&it.id, &it.name, None)).collect(),
            tags: tags(cloud),
            jobs: open_jobs(cloud),
        }
    }
}

fn vm_entry(vm: &Vm, metadata: Option<SocketAddr>) -> VmEntry {
    VmEntry {
        id: vm.id.clone(),
        name: vm.name.clone(),
        display_name: vm.display_name.clone(),
        state: vm.state.name().into(),
        addresses: vm.nics.iter().filter_map(|nic| nic.address).map(|a| a.to_string()).collect(),
        macs: vm.nics.iter().map(|nic| nic.mac.clone()).collect(),
        metadata,
    }
}

fn volume_entry(volume: &Volume) -> VolumeEntry {
    VolumeEntry {
        id: volume.id.clone(),
        name: volume.name.clone(),
        kind: if volume.is_root() { "ROOT" } else { "DATADISK" }.into(),
        state: volume.state.name().into(),
        size: volume.size,
        vm: volume.vm().map(str::to_owned),
        device: volume.attached.as_ref().map(|attachment| attachment.device),
    }
}

/// A network takes its source NAT address itself, and gives it back itself.
fn addresses(cloud: &Cloud) -> Vec<Entry> {
    let used = cloud.routing.addresses.iter().filter_map(|address| {
        let lease = address.lease.as_ref().filter(|lease| !lease.source_nat)?;
        let vm = lease.static_nat.as_ref().map(|nat| nat.vm.clone());
        Some(Entry { id: address.id.clone(), name: address.address.to_string(), state: vm })
    });
    used.collect()
}

fn rules(cloud: &Cloud) -> Vec<Entry> {
    let entry = |id: &String, name: &str, on: Option<&String>| Entry {
        id: id.clone(),
        name: name.to_owned(),
        state: on.cloned(),
    };
    let routing = &cloud.routing;
    let firewall = routing.firewall.iter();
    let firewall = firewall.map(|rule| entry(&rule.id, "firewall", rule.address.as_ref()));
    let forwardings = routing.forwardings.iter();
    let forwardings = forwardings.map(|rule| entry(&rule.id, "forwarding", Some(&rule.address)));
    let balancers = routing.balancers.iter();
    let balancers = balancers.map(|rule| entry(&rule.id, &rule.name, Some(&rule.address)));
    firewall.chain(forwardings).chain(balancers).collect()
}

fn tags(cloud: &Cloud) -> Vec<TagEntry> {
    let entry = |tag: &crate::state::Tag| TagEntry {
        kind: tag.kind.clone(),
        resource: tag.resource.clone(),
        key: tag.key.clone(),
        value: tag.value.clone(),
    };
    cloud.tags.iter().map(entry).collect()
}

fn open_jobs(cloud: &Cloud) -> Vec<JobEntry> {
    let open = cloud.jobs.iter().filter(|job| job.status == JobStatus::Pending);
    open.map(JobEntry::of).collect()
}
