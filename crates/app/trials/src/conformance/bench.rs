//! A cloud, a CPI that is pointed at it, and what checks ask of both.

use crate::cloud::{Cloud, Disk, Pace, Samples, Vm, World};
use crate::driver::AnswerError;
use crate::{Driver, Reply, Subject};
use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use tempfile::TempDir;

/// What every wait of the CPI may take, in seconds.
const TIMEOUT: u64 = 60;

/// A cloud and a CPI.
pub struct Bench {
    pub cloud: Box<dyn Cloud>,
    pub samples: Samples,
    pub driver: Driver,
    pub config: String,
    at_first: BTreeSet<String>,
    folder: TempDir,
    subject: Subject,
}

impl Bench {
    pub fn new(subject: &Subject, world: &World) -> Result<Self> {
        let cloud = world.start(Pace::Quick)?;
        let folder = tempfile::Builder::new().prefix("cpi-conformance-").tempdir()?;
        let state = folder.path().join("state");
        std::fs::create_dir(&state)?;
        let config = subject.config(&*cloud, &state, TIMEOUT);
        let path = folder.path().join("cpi.json");
        std::fs::write(&path, &config)?;
        let driver = subject.driver(&path, folder.path());
        let (samples, at_first) = (cloud.samples(), cloud.things());
        Ok(Self { cloud, samples, driver, config, at_first, folder, subject: subject.clone() })
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
        self.ask("create_stemcell", json!([self.empty_image()?, self.samples.stemcell]))
    }

    /// The arguments of create_vm with one network.
    pub fn vm_arguments(&self, network: Value) -> Result<Value> {
        let properties = &self.samples.vm;
        Ok(json!(["agent-1", self.stemcell()?, properties, {"n": network}, [], {}]))
    }

    pub fn vm(&self) -> Result<String> {
        self.vm_on(self.dynamic())
    }

    pub fn vm_on(&self, network: Value) -> Result<String> {
        let created = self.ask("create_vm", self.vm_arguments(network)?)?;
        text(&created[0])
    }

    pub fn disk(&self) -> Result<String> {
        text(&self.ask("create_disk", json!([self.samples.disk_mib, self.samples.disk, null]))?)
    }

    /// A VM with a disk attached: their CIDs.
    pub fn attached(&self) -> Result<(String, String)> {
        let (vm, disk) = (self.vm()?, self.disk()?);
        self.ask("attach_disk", json!([vm, disk]))?;
        Ok((vm, disk))
    }

    /// The secret key in the config.
    pub fn secret(&self) -> Result<String> {
        let wanted = format!("{{{}}}", self.samples.secret);
        let all = self.cloud.placeholders();
        let found = all.into_iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value).context("the config has no secret")
    }

    /// What the cloud knows of a VM.
    pub fn seen_vm(&self, cid: &str) -> Result<Vm> {
        self.cloud.vm(cid).with_context(|| format!("the cloud has no VM {cid}"))
    }

    /// What the cloud knows of a disk.
    pub fn seen_disk(&self, cid: &str) -> Result<Disk> {
        self.cloud.disk(cid).with_context(|| format!("the cloud has no disk {cid}"))
    }

    /// What the agent in a VM reads.
    pub fn settings(&self, vm: &str) -> Result<Value> {
        use std::io::{Read, Write};
        let (address, path) = self.cloud.metadata(vm).context("the VM has no metadata address")?;
        let mut stream = std::net::TcpStream::connect(address)?;
        let request = format!("GET {path} HTTP/1.0\r\nHost: data-server\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        self.cloud.settings(body.as_bytes())
    }

    /// Nothing of ours is left in the cloud.
    pub fn is_empty(&self) -> Result<()> {
        match self.cloud.things() {
            // Some things the cloud makes itself, and they were there before.
            things if things.is_subset(&self.at_first) => Ok(()),
            things => bail!("the cloud still has {:?}", things.difference(&self.at_first)),
        }
    }

    /// A network whose addresses the cloud chooses.
    pub fn dynamic(&self) -> Value {
        json!({"type": "dynamic", "cloud_properties": self.samples.network})
    }

    /// A network with the address of this number.
    pub fn manual(&self, number: u8) -> Value {
        let samples = &self.samples;
        json!({"type": "manual", "ip": samples.ip(number), "prefix": "32", "netmask": samples.netmask,
            "gateway": samples.gateway, "dns": ["8.8.8.8"], "default": ["dns", "gateway"],
            "cloud_properties": samples.network})
    }
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
