//! The cloud of the demo, and a config that points at it.

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use simulator::world::{Latency, RoleSpec};
use simulator::{Running, Simulator, World};
use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
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

/// An embedded cloud that runs, with a config for it in a folder of its own.
pub struct Cloud {
    /// The simulator.
    pub running: Running,
    account: String,
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
        let cloud = Self { running, account, folder };
        cloud.write_config()?;
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

    fn write_config(&self) -> Result<()> {
        let keys = self.running.credentials(&self.account).context("the account has no keys")?;
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

    /// Everything that a CPI can leave in the cloud.
    pub fn inventory(&self) -> Inventory {
        let kinds = [
            ("VM", "listVirtualMachines", "virtualmachine"),
            ("volume", "listVolumes", "volume"),
            ("snapshot", "listSnapshots", "snapshot"),
            ("template", "listTemplates", "template"),
            ("tag", "listTags", "tag"),
            ("SSH key pair", "listSSHKeyPairs", "sshkeypair"),
            ("affinity group", "listAffinityGroups", "affinitygroup"),
        ];
        let things = kinds.into_iter().flat_map(|(kind, command, key)| {
            self.list(command, key).into_iter().map(move |thing| Thing::of(kind, &thing))
        });
        Inventory(things.map(|thing| (thing.key.clone(), thing)).collect())
    }

    /// The settings that the metadata service has for the VM.
    pub fn settings_of(&self, vm: &str) -> Result<Value> {
        let cloud = self.running.cloud();
        let vm = cloud.vms.get(vm).context("the cloud has no such VM")?;
        let user_data = vm.userdata.as_deref().context("the VM has no user-data")?;
        Ok(serde_json::from_slice(&STANDARD.decode(user_data)?)?)
    }

    fn list(&self, command: &str, key: &str) -> Vec<Value> {
        let params = [("listall", "true"), ("templatefilter", "all")];
        let (_, body) = self.running.call(&self.account, command, &params);
        let answer = body.as_object().and_then(|body| body.values().next());
        let rows = answer.and_then(|answer| answer.get(key)?.as_array());
        rows.cloned().unwrap_or_default()
    }
}

/// Everything that is in a cloud, by its key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory(BTreeMap<String, Thing>);

/// One thing in a cloud.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Thing {
    /// What it is: a VM, a volume …
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its state, where it has one.
    pub state: Option<String>,
    #[serde(skip)]
    key: String,
}

impl Thing {
    /// A thing by its name.
    pub fn new(kind: &'static str, name: &str, state: Option<&str>) -> Self {
        let state = state.map(str::to_owned);
        Self { kind, name: name.to_owned(), state, key: format!("{kind} {name}") }
    }

    fn of(kind: &'static str, row: &Value) -> Self {
        let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
        let tag = || Some(format!("{} of {}", text("key")?, text("resourceid")?));
        let name = tag().or(text("name")).or(text("id")).unwrap_or_default();
        let id = text("id").unwrap_or_else(|| name.clone());
        Self { kind, name, state: text("state"), key: format!("{kind} {id}") }
    }
}

impl Inventory {
    /// What is here and was not there in `before`.
    pub fn since(&self, before: &Inventory) -> Vec<Thing> {
        let new = self.0.iter().filter(|(key, _)| !before.0.contains_key(*key));
        new.map(|(_, thing)| thing.clone()).collect()
    }
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.name)?;
        self.state.as_ref().map_or(Ok(()), |state| write!(f, " ({state})"))
    }
}
