//! An environment on a toy cloud: a CPI of a stranger whose cloud is a folder, and agents that the
//! simulator plays in its VMs.

mod cloud;
mod parts;
pub mod worker;

pub use cloud::Cloud;
pub use parts::{Parts, Wanted};

use bosh_manifest::yaml;
use create_env::manifest::{Folders, Reading};
use create_env::{CpiSource, Environment, Error, Manifest, Options, Reporter};
use std::path::{Path, PathBuf};

/// Where the toy CPI's script is.
pub fn script() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/environment/toy/cpi.rb"))
}

/// The CPI as a program of this machine.
pub fn command() -> CpiSource {
    let script = script().display().to_string();
    let arguments = vec!["--disable-gems".to_owned(), script, "{config}".to_owned()];
    CpiSource::Command { program: "ruby".into(), arguments, plugin: None }
}

/// Does something with the environment whose manifest is in `folder`.
pub fn with<T>(
    folder: &Path,
    cpi: &CpiSource,
    options: &Options,
    reporter: &dyn Reporter,
    act: impl FnOnce(&Environment<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let path = folder.join("manifest.yml");
    let text = std::fs::read_to_string(&path).unwrap();
    let reading = Reading {
        folders: Folders { manifest: folder, home: None },
        cpi_from_release: *cpi == CpiSource::Release,
    };
    let manifest = Manifest::read(&yaml::parse(&text).unwrap(), reading)
        .unwrap_or_else(|error| panic!("{error}"));
    act(&Environment {
        manifest: &manifest,
        manifest_path: &path,
        // Any text will do that is another one for another manifest.
        manifest_sha: &text,
        state: &folder.join("state.json"),
        home: &folder.join("home"),
        cpi,
        options,
        reporter,
        stopped: &|| false,
    })
}
