//! The cloud of the demo, and a config that points at it.

use crate::cloud::{self, Pace, Plugin, World};
use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use cloud_http::{Deadline, Transport, TransportSettings};
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// How long an agent may wait for its settings.
const PATIENCE: Duration = Duration::from_secs(10);

/// An embedded cloud that runs, with a config for it in a folder of its own.
pub struct Cloud {
    /// The cloud.
    pub running: Box<dyn cloud::Cloud>,
    folder: TempDir,
}

impl Cloud {
    /// Starts `world`, and writes the config.
    pub fn start(world: &World, pace: Pace) -> Result<Self> {
        let running = world.start(pace)?;
        let folder = tempfile::Builder::new().prefix("cpi-demo-").tempdir()?;
        let cloud = Self { running, folder };
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
        let state_dir = self.folder.path().join("state");
        std::fs::DirBuilder::new().mode(0o700).create(&state_dir)?;
        let plugin = self.running.plugin();
        let config = json!({"cloud": {"plugin": plugin.name(), "properties": {
            plugin.name(): properties(plugin),
            "agent": {
                "mbus": "nats://nats:a-demo-password@10.50.0.2:4222",
                "ntp": ["0.pool.ntp.org"],
            },
            "state_dir": state_dir,
        }}});
        let text = serde_json::to_string_pretty(&config)?;
        let text = self
            .running
            .placeholders()
            .into_iter()
            .fold(text, |text, (name, value)| text.replace(name, &value));
        let mut file = std::fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(self.config())?;
        file.write_all(text.as_bytes())?;
        Ok(())
    }

    /// The settings that the metadata service serves to the VM, read over HTTP as its agent does.
    pub fn settings_of(&self, vm: &str) -> Result<Value> {
        let (address, path) =
            self.running.metadata(vm).context("the VM has no metadata address")?;
        let request = http::Request::get(format!("http://{address}{path}"));
        let request = request.body(Bytes::new())?;
        let transport = Transport::new(TransportSettings::default())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let answer = runtime.block_on(transport.send(request, Deadline::after(PATIENCE)))?;
        ensure!(answer.status().is_success(), "the metadata service answers {}", answer.status());
        self.running.settings(answer.body())
    }
}

/// What an operator would write, as short as it can be.
fn properties(plugin: Plugin) -> Value {
    match plugin {
        Plugin::Cloudstack => json!({
            "endpoint": "{endpoint}",
            "api_key": "{api_key}",
            "secret_access_key": "{secret_access_key}",
            "default_zone": "adv",
            "default_key_name": "bosh",
            "default_offer": {"disk": "Custom", "custom_disk": "Custom"},
        }),
        Plugin::Softlayer => json!({
            "api_endpoint": "{endpoint}",
            "username": "{username}",
            "api_key": "{api_key}",
            "default_datacenter": "dal13",
            "default_domain": "example.com",
        }),
    }
}
