//! Where a CPI keeps what outlives a call: the cache of lookups and the journal.

use crate::Environment;
use bosh_cpi::config::Config;
use bosh_cpi::{CpiError, Result};
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Where to look for a folder, in order.
#[derive(Debug, Clone)]
pub struct StateDir {
    /// The config's choice; nothing else is tried then.
    pub configured: Option<PathBuf>,
    /// The cloud's name.
    pub plugin: String,
    /// The folder of BOSH's VMs for what outlives a VM.
    pub store: PathBuf,
    /// The home folder of who runs the CPI.
    pub home: Option<PathBuf>,
}

impl StateDir {
    /// The choices of a config, and of the process that runs the CPI.
    pub fn of(config: &Config, environment: &Environment) -> Self {
        Self {
            configured: config.state_dir().map(PathBuf::from),
            plugin: config.plugin().to_owned(),
            store: environment.store.clone(),
            home: environment.home.clone(),
        }
    }

    /// The folder that [`StateDir::open`] is likely to choose. Makes nothing.
    pub fn probable(&self) -> PathBuf {
        if let Some(dir) = &self.configured {
            return dir.clone();
        }
        let name = format!("{}_cpi", self.plugin);
        let in_store = self.store.join(&name);
        let home = self.home.as_ref().map(|home| home.join(".bosh").join(&name));
        match home {
            Some(home) if !in_store.exists() && (home.exists() || !self.store.is_dir()) => home,
            _ => in_store,
        }
    }

    /// The folder, made if it is not there, for its owner only.
    pub fn open(&self) -> Result<PathBuf> {
        if let Some(dir) = &self.configured {
            return writable(dir, Parents::Make)
                .map_err(|e| CpiError::cpi(format!("state_dir {}: {e}", dir.display())));
        }
        let name = format!("{}_cpi", self.plugin);
        let store = self.store.join(&name);
        // The store is BOSH's to make; elsewhere than on its VMs it is not there.
        let Err(at_store) = writable(&store, Parents::MustBeThere) else {
            return Ok(store);
        };
        let Some(home) = self.home.as_ref().filter(|home| home.is_absolute()) else {
            return Err(nowhere(&store, at_store, "and there is no HOME"));
        };
        let dir = home.join(".bosh").join(&name);
        writable(&dir, Parents::Make).map_err(|e| {
            nowhere(&store, at_store, &format!("nor can {} be used ({e})", dir.display()))
        })
    }
}

fn nowhere(store: &Path, error: io::Error, and: &str) -> CpiError {
    let store = store.display();
    CpiError::cpi(format!(
        "no folder for state: {store} cannot be used ({error}), {and}; set cloud.properties.state_dir"
    ))
}

#[derive(Clone, Copy, PartialEq)]
enum Parents {
    Make,
    MustBeThere,
}

/// Makes `dir` unless it is there, and makes sure that files can be made in it.
fn writable(dir: &Path, parents: Parents) -> io::Result<PathBuf> {
    match fs::DirBuilder::new().mode(0o700).recursive(parents == Parents::Make).create(dir) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ => tempfile::tempfile_in(dir)?,
    };
    Ok(dir.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn dir(configured: Option<PathBuf>, home: Option<PathBuf>) -> StateDir {
        StateDir { configured, plugin: "x".into(), store: "/nowhere/store".into(), home }
    }

    #[test]
    fn the_config_s_folder_is_made_for_its_owner_only() {
        let root = tempfile::tempdir().unwrap();
        let wanted = root.path().join("a/b");
        let dir = dir(Some(wanted.clone()), None);
        assert_eq!(dir.open().unwrap(), wanted);
        assert_eq!(fs::metadata(&wanted).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(dir.open().unwrap(), wanted, "a folder that is there is used");
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let wanted = file.path().join("state");
        let dir = dir(Some(wanted.clone()), None);
        let message = dir.open().unwrap_err().message;
        assert!(message.contains(wanted.to_str().unwrap()), "{message}");
    }

    #[test]
    fn without_a_config_it_is_under_home() {
        let home = tempfile::tempdir().unwrap();
        let dir = dir(None, Some(home.path().to_owned()));
        let opened = dir.open().unwrap();
        assert!(opened.starts_with(home.path().join(".bosh")), "{opened:?}");
        let homeless = StateDir { home: None, ..dir };
        let message = homeless.open().unwrap_err().message;
        assert!(message.contains("no HOME") && message.contains("state_dir"), "{message}");
    }
}
