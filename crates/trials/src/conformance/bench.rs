//! A cloud, a CPI that is pointed at it, and what checks ask of both.

use crate::driver::AnswerError;
use crate::{Driver, Reply, Subject};
use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use simulator::{Running, Simulator, World};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use tempfile::TempDir;

/// The template that the built-in world offers.
const TEMPLATE: &str = "CentOS 5.6 (64-bit) no GUI (Simulator)";

/// An id that names nothing.
pub const NOTHING: &str = "00000000-0000-4000-8000-000000000000";

/// What every wait of the CPI may take, in seconds.
const TIMEOUT: u64 = 60;

/// A cloud and a CPI.
pub struct Bench {
    pub cloud: Running,
    pub driver: Driver,
    pub config: String,
    account: String,
    folder: TempDir,
    subject: Subject,
}

impl Bench {
    pub fn new(subject: &Subject, world: &World) -> Result<Self> {
        let account = world.accounts.first().context("the world has no account")?.name.clone();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let cloud = Simulator::spawn_thread(world.clone().instant(), address)?;
        let folder = tempfile::Builder::new().prefix("cpi-conformance-").tempdir()?;
        let state = folder.path().join("state");
        std::fs::create_dir(&state)?;
        let config = subject.config(&cloud, &account, &state, TIMEOUT)?;
        let path = folder.path().join("cpi.json");
        std::fs::write(&path, &config)?;
        let driver = subject.driver(&path, folder.path());
        Ok(Self { cloud, driver, config, account, folder, subject: subject.clone() })
    }

    /// The same CPI with another config.
    pub fn with_config(&self, config: &str) -> Result<Driver> {
        let path = self.folder.path().join("other.json");
        std::fs::write(&path, config)?;
        Ok(self.subject.driver(&path, self.folder.path()))
    }

    /// A method that must succeed.
    pub fn ask(&self, method: &str, arguments: Value) -> Result<Value> {
        let answer = self.driver.call(method, arguments)?.answer()?;
        answer.outcome.with_context(|| method.to_owned())
    }

    /// A method that must be refused.
    pub fn refused(&self, method: &str, arguments: Value) -> Result<AnswerError> {
        refusal(&self.driver.call(method, arguments)?)
    }

    /// A method whose success and whose refusal of this kind are both right.
    pub fn ask_or(&self, method: &str, arguments: Value, kind: &str) -> Result<()> {
        match self.driver.call(method, arguments)?.answer()?.outcome {
            Ok(_) => Ok(()),
            Err(error) if error.kind == kind => Ok(()),
            Err(error) => Err(anyhow!("{method}: {error}")),
        }
    }

    /// An empty file, as the image of a light stemcell is.
    pub fn empty_image(&self) -> Result<PathBuf> {
        let image = self.folder.path().join("image");
        std::fs::write(&image, [])?;
        Ok(image)
    }

    pub fn stemcell(&self) -> Result<Value> {
        self.ask("create_stemcell", json!([self.empty_image()?, {"template": TEMPLATE}]))
    }

    /// The arguments of create_vm with one network.
    pub fn vm_arguments(&self, network: Value) -> Result<Value> {
        let properties = json!({"compute_offering": "Small Instance", "disk": 2048,
            "ephemeral_disk_offering": "Custom"});
        Ok(json!(["agent-1", self.stemcell()?, properties, {"n": network}, [], {}]))
    }

    pub fn vm(&self) -> Result<String> {
        self.vm_on(dynamic())
    }

    pub fn vm_on(&self, network: Value) -> Result<String> {
        let created = self.ask("create_vm", self.vm_arguments(network)?)?;
        text(&created[0])
    }

    pub fn disk(&self) -> Result<String> {
        text(&self.ask("create_disk", json!([1024, {"disk_offering": "Custom"}, null]))?)
    }

    /// A VM with a disk attached: their CIDs.
    pub fn attached(&self) -> Result<(String, String)> {
        let (vm, disk) = (self.vm()?, self.disk()?);
        self.ask("attach_disk", json!([vm, disk]))?;
        Ok((vm, disk))
    }

    /// The only row of a list.
    pub fn row(&self, command: &str, id: &str) -> Result<Value> {
        let rows = self.rows(command, &[("id", id)]);
        rows.into_iter().next().with_context(|| format!("{command}: no {id}"))
    }

    pub fn rows(&self, command: &str, params: &[(&str, &str)]) -> Vec<Value> {
        let params: Vec<_> = params.iter().copied().chain([("listall", "true")]).collect();
        let (_, body) = self.cloud.call(&self.account, command, &params);
        let answer = body.as_object().and_then(|body| body.values().next());
        let list = answer.and_then(|answer| answer.as_object()?.values().find(|v| v.is_array()));
        list.and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// What the agent in a VM reads.
    pub fn settings(&self, vm: &str) -> Result<Value> {
        use std::io::{Read, Write};
        let address = self.cloud.metadata_address(vm).context("the VM has no metadata address")?;
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.write_all(b"GET /latest/user-data HTTP/1.0\r\nHost: data-server\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        Ok(serde_json::from_str(body)?)
    }

    /// Nothing of ours is left in the cloud.
    pub fn is_empty(&self) -> Result<()> {
        for command in ["listVirtualMachines", "listVolumes", "listSnapshots"] {
            let rows = self.rows(command, &[]);
            if !rows.is_empty() {
                bail!("{command} still shows {} of ours", rows.len());
            }
        }
        Ok(())
    }
}

/// A network whose addresses the cloud chooses.
pub fn dynamic() -> Value {
    json!({"type": "dynamic", "cloud_properties": {"name": "bosh-net"}})
}

/// A network with this address.
pub fn manual(ip: &str) -> Value {
    json!({"type": "manual", "ip": ip, "prefix": "32", "netmask": "255.255.255.0",
        "gateway": "10.50.0.1", "dns": ["8.8.8.8"], "default": ["dns", "gateway"],
        "cloud_properties": {"name": "bosh-net"}})
}

/// The answered error.
pub fn refusal(reply: &Reply) -> Result<AnswerError> {
    match reply.answer()?.outcome {
        Ok(result) => bail!("answered with success: {result}"),
        Err(error) => Ok(error),
    }
}

/// The error is of this kind.
pub fn is_kind(error: &AnswerError, kind: &str) -> Result<()> {
    if error.kind == kind { Ok(()) } else { bail!("expected {kind}, got {error}") }
}

/// The error names this.
pub fn names(error: &AnswerError, what: &str) -> Result<()> {
    if error.message.contains(what) { Ok(()) } else { bail!("'{what}' is not named: {error}") }
}

/// Two things are the same.
pub fn same(got: &Value, wanted: &Value) -> Result<()> {
    if got == wanted { Ok(()) } else { bail!("expected {wanted}, got {got}") }
}

/// It holds.
pub fn holds(fact: bool, what: &str) -> Result<()> {
    if fact { Ok(()) } else { bail!("{what}") }
}

pub fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).with_context(|| format!("expected a text, got {value}"))
}
