//! Two clouds, one `state_dir`, and a CPI that is pointed at either.

use super::images::Images;
use super::inventory::Inventory;
use super::shelf::Shelf;
use crate::cloud::{Cloud, CloudStack, Pace, Plugin, Samples, World};
use crate::{Driver, Subject};
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::cell::{OnceCell, RefCell};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// The world of CloudStack, beyond the built-in one.
const WORLD: &str = include_str!("../../worlds/torture.yaml");

/// What a cell is played on.
pub struct Stage {
    /// The cloud.
    pub cloud: Arc<dyn Cloud>,
    /// Another one, whose calls share the `state_dir`.
    pub other: Arc<dyn Cloud>,
    /// What it calls things.
    pub samples: Samples,
    folder: TempDir,
    driver: Driver,
    other_driver: Driver,
    /// What the call under trial has in its context, over the config.
    over_config: RefCell<Map<String, Value>>,
    subject: Subject,
    timeout: u64,
    /// From where the cloud fetches images.
    images: Arc<Images>,
    shelf: OnceCell<Shelf>,
}

impl Stage {
    /// Sets the stage. Every wait of the CPI ends after `timeout` seconds.
    pub fn set(plugin: Plugin, subject: &Subject, timeout: u64) -> Result<Self> {
        let images = Arc::new(Images::serve()?);
        let world = match plugin {
            Plugin::Cloudstack => {
                let mut world = simulator_cloudstack::World::builtin_with(WORLD)?;
                world.secondary_storage.hosts.insert(Images::HOST.into(), images.port);
                World::CloudStack(world)
            }
            Plugin::Softlayer => World::builtin(plugin),
        };
        let start =
            |world: &World| -> Result<Arc<dyn Cloud>> { Ok(Arc::from(world.start(Pace::Quick)?)) };
        let (cloud, other) = (start(&world)?, start(&another_account(&world))?);
        Self::of(subject, timeout, images, cloud, other)
    }

    /// Another director on the same clouds, with a `state_dir` of its own.
    pub fn of_director(&self, uuid: &str) -> Result<Self> {
        let (images, cloud, other) = (&self.images, &self.cloud, &self.other);
        let mut stage = Self::of(
            &self.subject,
            self.timeout,
            Arc::clone(images),
            Arc::clone(cloud),
            Arc::clone(other),
        )?;
        stage.driver.context.insert("director_uuid".into(), json!(uuid));
        Ok(stage)
    }

    fn of(
        subject: &Subject,
        timeout: u64,
        images: Arc<Images>,
        cloud: Arc<dyn Cloud>,
        other: Arc<dyn Cloud>,
    ) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("cpi-torture-").tempdir()?;
        let state = folder.path().join("state");
        std::fs::create_dir(&state)?;
        let write = |name: &str, cloud: &dyn Cloud| -> Result<Driver> {
            let path = folder.path().join(name);
            let config = subject.config(cloud, &state, timeout);
            private(&path)?.write_all(config.as_bytes())?;
            Ok(subject.driver(&path, folder.path()))
        };
        let driver = write("cpi.json", &*cloud)?;
        let other_driver = write("other.json", &*other)?;
        let over_config = RefCell::default();
        Ok(Self {
            samples: cloud.samples(),
            cloud,
            other,
            folder,
            driver,
            other_driver,
            over_config,
            subject: subject.clone(),
            timeout,
            images,
            shelf: OnceCell::new(),
        })
    }

    /// Gives the call under trial a property in its context, as a director with a `cpi-config`
    /// does. Calls after it are without.
    pub fn over_config(&self, name: &str, value: Value) {
        self.over_config.borrow_mut().insert(name.to_owned(), value);
    }

    /// What the cloud holds, and what is published for it.
    pub fn inventory(&self) -> Inventory {
        let of_cloud = Inventory::of(&*self.cloud);
        let files = self.shelf.get().map(Shelf::files).unwrap_or_default();
        files.iter().fold(of_cloud, |all, name| all.with_named("published", name))
    }

    /// Gives the CPI an image server, from which the cloud can fetch. It stands in the config,
    /// so that every call knows it.
    pub fn give_shelf(&self) -> Result<()> {
        let shelf = Shelf::start()?;
        let mut cloud = self.cloudstack()?.running.cloud();
        let hosts = &mut std::sync::Arc::make_mut(&mut cloud.world).secondary_storage.hosts;
        hosts.insert(Shelf::HOST.to_owned(), shelf.port());
        let path = self.folder.path().join("cpi.json");
        let mut config: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
        config["cloud"]["properties"]["cloudstack"]["stemcell"]["image_server"] =
            shelf.properties();
        std::fs::write(&path, config.to_string())?;
        // There is one scenario a stage, and it gives one.
        let _ = self.shelf.set(shelf);
        Ok(())
    }

    /// The request of the method under trial.
    pub fn request(&self, method: &str, arguments: &Value) -> Value {
        let mut request = self.driver.request(method, arguments.clone());
        for (name, value) in &*self.over_config.borrow() {
            request["context"][name] = value.clone();
        }
        request
    }

    /// The embedded CloudStack, for what only CloudStack has.
    pub fn cloudstack(&self) -> Result<&CloudStack> {
        self.cloud.cloudstack().context("this is for CloudStack only")
    }

    /// The CPI, pointed at the cloud.
    pub fn driver(&self) -> &Driver {
        &self.driver
    }

    /// Calls a method that must succeed.
    pub fn ask(&self, method: &str, arguments: Value) -> Result<Value> {
        let answer = self.driver.call(method, arguments)?.answer()?;
        answer.outcome.with_context(|| method.to_owned())
    }

    /// Calls the method under trial, which must succeed.
    pub fn try_method(&self, method: &str, arguments: &Value) -> Result<Value> {
        let request = self.request(method, arguments).to_string();
        let answer = self.driver.send(request.as_bytes())?.answer()?;
        answer.outcome.with_context(|| method.to_owned())
    }

    /// A folder of this stage's.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// The image of a heavy stemcell.
    pub fn image(&self) -> Result<PathBuf> {
        let path = self.folder.path().join("disk.img");
        if !path.exists() {
            private(&path)?.write_all(&super::images::disk())?;
        }
        Ok(path)
    }

    /// One ordinary call, of which nobody expects more than an answer.
    pub fn ordinary_call(&self) -> Result<()> {
        self.driver.call("has_vm", json!([self.samples.nothing]))?.answer()?;
        Ok(())
    }

    /// The same to the other cloud, from the same `state_dir`.
    pub fn ordinary_call_elsewhere(&self) -> Result<()> {
        self.other_driver.call("has_vm", json!([self.samples.nothing]))?.answer()?;
        Ok(())
    }

    /// The arguments of create_stemcell for a template that is there.
    pub fn stemcell_arguments(&self) -> Result<Value> {
        let image = self.folder.path().join("image");
        if !image.exists() {
            private(&image)?;
        }
        Ok(json!([image, self.samples.stemcell]))
    }

    /// Runs `act` twice on the same journal: as it is, and once more as it was before.
    pub fn twice(&self, act: impl Fn() -> Result<()>) -> Result<()> {
        let state = self.folder.path().join("state");
        let saved = self.folder.path().join("saved");
        copy_files(&state, &saved)?;
        act()?;
        for entry in std::fs::read_dir(&state)? {
            let path = entry?.path();
            if path.is_file() {
                std::fs::remove_file(path)?;
            }
        }
        copy_files(&saved, &state)?;
        act()
    }
}

/// The same world, in which the accounts are others: no two clouds have an account in common, and
/// by its id the journal knows an account under another spelling of the endpoint.
fn another_account(world: &World) -> World {
    let mut world = world.clone();
    if let World::CloudStack(world) = &mut world {
        world.accounts.iter_mut().for_each(|account| account.id = None);
    }
    world
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        if !path.is_file() {
            continue;
        }
        let Some(name) = path.file_name() else { bail!("{} has no name", path.display()) };
        std::fs::copy(&path, to.join(name))?;
    }
    Ok(())
}

fn private(path: &Path) -> Result<std::fs::File> {
    Ok(std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?)
}
