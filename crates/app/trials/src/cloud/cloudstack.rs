//! The embedded CloudStack.

use super::{Cloud, Disk, Pace, Plugin, Samples, Thing, Vm};
use crate::torture;
use anyhow::{Context, Result};
use cloud_http::Effect;
use cloudstack::COMMANDS;
use serde_json::{Map, Value, json};
use simulator_cloudstack::world::{Latency, RoleSpec, World};
use simulator_cloudstack::{Inventory, Running, Simulator};
use simulator_kit::CallRecord;
use simulator_kit::fault::Fault;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};

/// How long jobs take where they are watched, in milliseconds: as on a real cloud, only shorter.
const JOBS: &[(&str, u64)] = &[
    ("deployVirtualMachine", 1600),
    ("destroyVirtualMachine", 2400),
    ("rebootVirtualMachine", 1200),
    ("attachVolume", 900),
    ("detachVolume", 1100),
    ("createSnapshot", 1400),
    ("deleteSnapshot", 300),
    ("createVolume", 120),
    ("resizeVolume", 200),
];

/// Milliseconds until any call is answered where it is watched.
const CALL: u64 = 4;

/// The template of the built-in world.
const TEMPLATE: &str = "CentOS 5.6 (64-bit) no GUI (Simulator)";

/// An embedded CloudStack, with the account whose keys the CPI has.
pub struct CloudStack {
    /// The simulator.
    pub running: Running,
    /// The account.
    pub account: String,
}

/// The world with times that can be watched.
pub fn watched(mut world: World) -> World {
    world.latency.default = Latency { call: CALL, job: 100 };
    for (command, job) in JOBS {
        let latency = Latency { call: CALL, job: *job };
        world.latency.commands.insert((*command).to_owned(), latency);
    }
    world
}

impl CloudStack {
    /// Starts one; the account is an admin, if there is one.
    pub fn start(world: &World, pace: Pace) -> Result<Self> {
        let world = match pace {
            Pace::Own => world.clone(),
            Pace::Watched => watched(world.clone()),
            Pace::Quick => world.clone().instant(),
        };
        let accounts = &world.accounts;
        let admin = accounts.iter().find(|account| account.role == RoleSpec::Admin);
        let account = admin.or(accounts.first()).context("the world has no account")?.name.clone();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Ok(Self { running: Simulator::spawn_thread(world, address)?, account })
    }

    /// Makes a call with the account's keys.
    pub fn call(&self, command: &str, params: &[(&str, &str)]) -> (u16, Value) {
        self.running.call(&self.account, command, params)
    }

    /// The rows of a list.
    pub fn rows(&self, command: &str, params: &[(&str, &str)]) -> Vec<Value> {
        let (_, body) = self.call(command, params);
        let answer = body.as_object().and_then(|body| body.values().next());
        let list = answer.and_then(|answer| answer.as_object()?.values().find(|v| v.is_array()));
        list.and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// Makes a volume, as a person would in the same account.
    pub fn make_volume(&self, name: &str) -> Result<()> {
        let zone = self.rows("listZones", &[("name", "adv")]).into_iter().next();
        let offering = self.rows("listDiskOfferings", &[("name", "Small")]).into_iter().next();
        let (zone, offering) = zone.zip(offering).context("the world has no zone or offering")?;
        let id = |row: &Value| row["id"].as_str().unwrap_or_default().to_owned();
        let (zone, offering) = (id(&zone), id(&offering));
        let params = [("name", name), ("zoneid", &zone), ("diskofferingid", &offering)];
        let (status, body) = self.call("createVolume", &params);
        anyhow::ensure!(status == 200, "createVolume: {body}");
        Ok(())
    }

    fn row(&self, command: &str, id: &str) -> Option<Value> {
        self.rows(command, &[("id", id), ("listall", "true")]).into_iter().next()
    }
}

impl Cloud for CloudStack {
    fn plugin(&self) -> Plugin {
        Plugin::Cloudstack
    }

    fn endpoint(&self) -> String {
        self.running.endpoint()
    }

    fn placeholders(&self) -> Vec<(&'static str, String)> {
        let keys = self.running.credentials(&self.account);
        let (api_key, secret_key) =
            keys.map(|keys| (keys.api_key, keys.secret_key)).unwrap_or_default();
        vec![
            ("{endpoint}", self.running.endpoint()),
            ("{api_key}", api_key),
            ("{secret_access_key}", secret_key),
            ("{storage_ca_cert}", self.running.storage_ca_cert().replace('\n', "\\n")),
        ]
    }

    fn properties(&self, horizon: f64) -> Map<String, Value> {
        let properties = json!({
            "endpoint": "{endpoint}",
            "api_key": "{api_key}",
            "secret_access_key": "{secret_access_key}",
            "ca_cert": "{storage_ca_cert}",
            "default_zone": "adv",
            "timeout": {"global": "{timeout}", "attach_volume": "{timeout}"},
            "ledger": {"horizon": horizon, "budget": 3},
        });
        properties.as_object().cloned().unwrap_or_default()
    }

    fn samples(&self) -> Samples {
        let vm = |change: Value| {
            let mut vm = json!({"compute_offering": "Small Instance", "disk": 2048,
                "ephemeral_disk_offering": "Custom"});
            for (name, value) in change.as_object().into_iter().flatten() {
                vm[name] = value.clone();
            }
            vm
        };
        Samples {
            nothing: "00000000-0000-4000-8000-000000000000",
            stemcell: json!({"template": TEMPLATE}),
            no_stemcell: (json!({"template": "no-such"}), "no-such"),
            vm: vm(json!({})),
            no_vms: vec![
                (vm(json!({"compute_offering": "no-such-offering"})), "no-such-offering"),
                (vm(json!({"zone": "no-such-zone"})), "no-such-zone"),
            ],
            network: json!({"name": "bosh-net"}),
            second_network: json!({"name": "bosh-net2"}),
            no_network: (json!({"name": "no-such-network"}), "no-such-network"),
            addresses: "10.50.0",
            netmask: "255.255.255.0",
            gateway: "10.50.0.1",
            knows_taken_addresses: true,
            disk: json!({"disk_offering": "Custom"}),
            disk_mib: 1024,
            no_disks: vec![
                (1024, json!({"disk_offering": "no-such"})),
                // A fixed offering of 5 GiB is no place for 8.
                (8192, json!({"disk_offering": "Small"})),
            ],
            rounds: (1500, 2),
            large: 1_048_576,
            find_vm: "listVirtualMachines",
            secret: "secret_access_key",
            endpoint: "endpoint",
        }
    }

    fn calls(&self) -> Vec<CallRecord> {
        self.running.calls()
    }

    fn clear_calls(&self) {
        self.running.clear_calls();
    }

    fn declare_faults(&self, faults: Vec<Fault>) {
        self.running.declare_faults(faults);
    }

    fn faults_struck(&self) -> u32 {
        self.running.faults_struck()
    }

    fn effect(&self, command: &str) -> (Effect, bool) {
        let known = COMMANDS.iter().find(|known| known.name == command);
        // What is no command is an upload to the storage VM.
        known.map_or((Effect::Create, false), |known| (known.effect, known.job))
    }

    fn ids(&self) -> BTreeSet<String> {
        self.running.cloud().all_ids()
    }

    fn things(&self) -> BTreeSet<String> {
        torture::cloudstack_things(self)
    }

    fn left(&self) -> Vec<Thing> {
        left(&self.running.inventory())
    }

    fn metadata(&self, vm: &str) -> Option<(SocketAddr, &'static str)> {
        Some((self.running.metadata_address(vm)?, "/latest/user-data"))
    }

    fn settings(&self, answer: &[u8]) -> Result<Value> {
        Ok(serde_json::from_slice(answer)?)
    }

    fn vm(&self, cid: &str) -> Option<Vm> {
        let row = self.row("listVirtualMachines", cid)?;
        let nics = row["nic"].as_array().cloned().unwrap_or_default();
        Some(Vm {
            name: row["displayname"].as_str().unwrap_or_default().to_owned(),
            tags: tags(&row),
            macs: nics
                .iter()
                .filter_map(|nic| nic["macaddress"].as_str().map(Into::into))
                .collect(),
        })
    }

    fn disk(&self, cid: &str) -> Option<Disk> {
        let row = self.row("listVolumes", cid)?;
        Some(Disk { gib: row["size"].as_u64()? >> 30, tags: tags(&row) })
    }

    fn has_snapshot(&self, cid: &str) -> bool {
        self.row("listSnapshots", cid).is_some()
    }

    fn disks(&self) -> usize {
        self.rows("listVolumes", &[("listall", "true")]).len()
    }

    fn images(&self) -> usize {
        let filter = [("templatefilter", "executable"), ("listall", "true")];
        self.rows("listTemplates", &filter).len()
    }

    fn cloudstack(&self) -> Option<&CloudStack> {
        Some(self)
    }
}

fn tags(row: &Value) -> BTreeMap<String, String> {
    let tags = row["tags"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    tags.map(|tag| (text(&tag["key"]), text(&tag["value"]))).collect()
}

/// Everything in the cloud that was not there before the first call.
pub fn left(inventory: &Inventory) -> Vec<Thing> {
    let vms = inventory.vms.iter().map(|vm| Thing::new("VM", &vm.name, Some(&vm.state)));
    let volumes = inventory.volumes.iter().map(|v| Thing::new("volume", &v.name, Some(&v.state)));
    let tags = inventory.tags.iter().map(|tag| {
        Thing::new("tag", &format!("{} of {} {}", tag.key, tag.kind, tag.resource), None)
    });
    let jobs = inventory.jobs.iter().map(|job| Thing::new("running job", &job.command, None));
    let others = [
        ("snapshot", &inventory.snapshots),
        ("template", &inventory.templates),
        ("network", &inventory.networks),
        ("VPC", &inventory.vpcs),
        ("address", &inventory.addresses),
        ("rule", &inventory.rules),
        ("affinity group", &inventory.affinity_groups),
        ("security group", &inventory.security_groups),
        ("key pair", &inventory.key_pairs),
        ("project", &inventory.projects),
    ];
    let others = others.into_iter().flat_map(|(kind, entries)| {
        entries.iter().map(move |entry| Thing::new(kind, &entry.name, entry.state.as_deref()))
    });
    vms.chain(volumes).chain(others).chain(tags).chain(jobs).collect()
}
