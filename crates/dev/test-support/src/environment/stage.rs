//! Where a test plays: a cloud, releases, a stemcell and a manifest.

use super::worker::{self, Verb};
use super::{Parts, Wanted};
use create_env::event::Silent;
use create_env::{CpiSource, Created, Environment, Error, Options};
use std::collections::BTreeSet;
use std::path::Path;
use tempfile::TempDir;

/// A cloud from outside.
pub trait Cloud: Send + Sync {
    /// The VMs that are there.
    fn vms(&self) -> BTreeSet<String>;

    /// The persistent disks that are there.
    fn disks(&self) -> BTreeSet<String>;

    /// What is there beside VMs and persistent disks and should not be, given what should.
    fn excess(&self, is_deployed: bool) -> Vec<String>;

    /// What agents have written on a disk: the ids of those that started jobs.
    fn written_on(&self, disk: &str) -> Vec<String>;

    /// Makes calls slow enough to die during one, or fast again.
    fn slow_down(&self, is_slow: bool);
}

/// A cloud, and everything that a manifest names.
pub struct Stage<C> {
    folder: TempDir,
    /// The cloud.
    pub cloud: C,
    /// Releases, stemcells, manifest.
    pub parts: Parts,
    /// The CPI.
    pub cpi: CpiSource,
}

impl<C: Cloud> Stage<C> {
    /// An empty cloud and a manifest; `make` starts the cloud whose files are in a folder.
    pub fn set(make: impl FnOnce(&Path) -> (C, Parts, CpiSource)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (cloud, parts, cpi) = make(folder.path());
        parts.manifest(&Wanted::default());
        Self { folder, cloud, parts, cpi }
    }

    /// The folder of everything.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Does something with the environment.
    pub fn with<T>(
        &self,
        options: &Options,
        act: impl FnOnce(&Environment<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        worker::with(self.path(), &self.cpi, options, &Silent, act)
    }

    /// Runs a verb in this process.
    pub fn act(&self, verb: Verb) -> Result<Option<Created>, Error> {
        worker::act(self.path(), &self.cpi, verb, &Silent)
    }

    /// `create`, which must succeed.
    pub fn create(&self) -> Created {
        self.act(Verb::Create).unwrap_or_else(|error| panic!("{error}")).unwrap()
    }

    /// Writes another manifest.
    pub fn want(&self, wanted: Wanted) {
        self.parts.manifest(&wanted);
    }

    /// The state file.
    pub fn state(&self) -> serde_json::Value {
        let bytes = std::fs::read(self.path().join("state.json")).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    /// The one VM.
    pub fn vm(&self) -> String {
        one(self.cloud.vms())
    }

    /// The one persistent disk.
    pub fn disk(&self) -> String {
        one(self.cloud.disks())
    }

    /// Whether nothing is left in the cloud.
    pub fn is_empty(&self) -> bool {
        self.cloud.vms().is_empty()
            && self.cloud.disks().is_empty()
            && self.cloud.excess(false).is_empty()
    }
}

fn one(cids: BTreeSet<String>) -> String {
    assert_eq!(cids.len(), 1, "{cids:?}");
    cids.into_iter().next().unwrap()
}
