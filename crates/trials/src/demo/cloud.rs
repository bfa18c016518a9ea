//! The cloud of the demo, and a config that points at it.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use cloud_http::{Deadline, Transport, TransportSettings};
use serde::Serialize;
use serde_json::{Value, json};
use simulator::world::{Latency, RoleSpec};
use simulator::{Inventory, Running, Simulator, World};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// How long jobs take in the demo, in milliseconds: as on a real cloud, only shorter.
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

/// Milliseconds until any call of the demo is answered.
const CALL: u64 = 4;

/// How long an agent may wait for its settings.
const PATIENCE: Duration = Duration::from_secs(10);

/// An embedded cloud that runs, with a config for it in a folder of its own.
pub struct Cloud {
    /// The simulator.
    pub running: Running,
    folder: TempDir,
}

/// The built-in world with times that can be watched.
pub fn world() -> World {
    let mut world = World::builtin();
    world.latency.default = Latency { call: CALL, job: 100 };
    for (command, job) in JOBS {
        let latency = Latency { call: CALL, job: *job };
        world.latency.commands.insert((*command).to_owned(), latency);
    }
    world
}

impl Cloud {
    /// Starts `world` on a free loopback port, and writes the config.
    pub fn start(world: World) -> Result<Self> {
        let account = world
            .accounts
            .iter()
            .find(|account| account.role == RoleSpec::Admin)
            .or(world.accounts.first())
            .context("the world has no account")?
            .name
            .clone();
        let running = Simulator::spawn_thread(world, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let folder = tempfile::Builder::new().prefix("cpi-demo-").tempdir()?;
        let cloud = Self { running, folder };
        cloud.write_config(&account)?;
        Ok(cloud)
    }

    /// The config's path.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("cpi.json")
    }

    /// A home folder for the CPI.
    pub fn home(&self) -> &Path {
        self.folder.path()
    }

    fn write_config(&self, account: &str) -> Result<()> {
        let keys = self.running.credentials(account).context("the account has no keys")?;
        let state_dir = self.folder.path().join("state");
        std::fs::DirBuilder::new().mode(0o700).create(&state_dir)?;
        let config = json!({"cloud": {"plugin": "cloudstack", "properties": {
            "cloudstack": {
                "endpoint": self.running.endpoint(),
                "api_key": keys.api_key,
                "secret_access_key": keys.secret_key,
                "default_zone": "adv",
                "default_key_name": "bosh",
                "default_offer": {"disk": "Custom", "custom_disk": "Custom"},
            },
            "agent": {
                "mbus": "nats://nats:a-demo-password@10.50.0.2:4222",
                "ntp": ["0.pool.ntp.org"],
            },
            "state_dir": state_dir,
        }}});
        let mut file = std::fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(self.config())?;
        file.write_all(serde_json::to_string_pretty(&config)?.as_bytes())?;
        Ok(())
    }

    /// The settings that the metadata service serves to the VM, read over HTTP as its agent does.
    pub fn settings_of(&self, vm: &str) -> Result<Value> {
        let address =
            self.running.metadata_address(vm).context("the VM has no metadata address")?;
        let request = http::Request::get(format!("http://{address}/latest/user-data"));
        let request = request.body(Bytes::new())?;
        let transport = Transport::new(TransportSettings::default())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let answer = runtime.block_on(transport.send(request, Deadline::after(PATIENCE)))?;
        ensure!(answer.status().is_success(), "the metadata service answers {}", answer.status());
        Ok(serde_json::from_slice(answer.body())?)
    }
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

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.name)?;
        self.state.as_ref().map_or(Ok(()), |state| write!(f, " ({state})"))
    }
}
