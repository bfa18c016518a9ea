//! Where a test plays: a toy cloud, releases, a stemcell and a manifest.

use crate::toy::worker::{self, Verb};
use crate::toy::{self, Cloud, Parts, Wanted};
use create_env::event::Silent;
use create_env::{Created, Error, Options, Plan};
use std::path::Path;
use tempfile::TempDir;

/// A cloud, and everything that a manifest names.
pub struct Stage {
    folder: TempDir,
    pub cloud: Cloud,
    pub parts: Parts,
}

impl Stage {
    pub fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let parts = Parts::make(folder.path());
        let cloud = Cloud::start(&folder.path().join("cloud"));
        parts.manifest(&Wanted::default());
        Self { folder, cloud, parts }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn act(&self, verb: Verb) -> Result<Option<Created>, Error> {
        worker::act(self.path(), &toy::command(), verb, &Silent)
    }

    pub fn create(&self) -> Created {
        self.act(Verb::Create).unwrap_or_else(|error| panic!("{error}")).unwrap()
    }

    pub fn want(&self, wanted: Wanted) {
        self.parts.manifest(&wanted);
    }

    pub fn plan(&self, options: &Options) -> Result<Plan, Error> {
        toy::with(self.path(), &toy::command(), options, &Silent, create_env::plan)
    }

    pub fn state(&self) -> serde_json::Value {
        let bytes = std::fs::read(self.path().join("state.json")).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }
}
