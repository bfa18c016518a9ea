//! The state file on disk: locked, replaced at once, with a copy of the one before.

use super::legacy::{self, LEGACY_FILE, LegacyError};
use super::{Lock, State, new_id};
use crate::files;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A state file, locked for as long as this lives.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    /// What was read or written last.
    bytes: Option<Vec<u8>>,
    _lock: Lock,
}

/// What can go wrong with a state file.
#[derive(Debug, Error)]
pub enum StateError {
    /// Another run works on the environment.
    #[error("{}: another run{} works on this environment; wait for its end",
        path.display(), process.map(|id| format!(" (process {id})")).unwrap_or_default())]
    Locked {
        /// The state file.
        path: PathBuf,
        /// The run's process, if it is known.
        process: Option<u32>,
    },
    /// It is not a state file.
    #[error("{}: not a valid state file: {source}{}", path.display(), advice(copy.as_deref()))]
    Invalid {
        /// The state file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
        /// A copy of the last one that was valid.
        copy: Option<PathBuf>,
    },
    /// The legacy state cannot be converted.
    #[error("{}: {source}", path.display())]
    Legacy {
        /// The legacy file.
        path: PathBuf,
        /// What is wrong.
        source: LegacyError,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
}

fn advice(copy: Option<&Path>) -> String {
    let Some(copy) = copy else { return String::new() };
    format!("; {} is a copy of the one before", copy.display())
}

/// Where the CLI keeps the state of a manifest: `bosh-state.json` beside `bosh.yml`.
pub fn default_path(manifest: &Path) -> PathBuf {
    let mut name = OsString::from(manifest.file_stem().unwrap_or_default());
    name.push("-state.json");
    manifest.with_file_name(name)
}

impl StateFile {
    /// Locks the environment of a state file. Neither the file nor its folder are made.
    pub fn open(path: &Path) -> Result<StateFile, StateError> {
        let lock = Lock::take(path).map_err(|source| io_error(path, source))?;
        let lock = lock.map_err(|process| StateError::Locked { path: path.to_owned(), process })?;
        Ok(StateFile { path: path.to_owned(), bytes: None, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the copy of the last good one is.
    pub fn copy_path(&self) -> PathBuf {
        copy_path(&self.path)
    }

    /// Reads the state; nothing if the file does not exist.
    pub fn load(&mut self) -> Result<Option<State>, StateError> {
        let Some(state) = read(&self.path)? else { return Ok(None) };
        let (bytes, state) = state;
        self.bytes = Some(bytes);
        Ok(Some(state))
    }

    /// Reads the state of an environment that is about to be made. Where there is none, that of
    /// the Ruby tool beside the manifest is converted, and its file is removed. Ids that are
    /// missing are made, and saved at once.
    pub fn load_or_create(&mut self, manifest: &Path) -> Result<State, StateError> {
        let found = self.load()?;
        let legacy = manifest.with_file_name(LEGACY_FILE);
        let converted = if found.is_none() { convert(&legacy)? } else { None };
        let is_converted = converted.is_some();
        let mut state = found.or(converted).unwrap_or_default();
        let incomplete = state.director_id.is_empty() || state.installation_id.is_empty();
        for id in [&mut state.director_id, &mut state.installation_id] {
            if id.is_empty() {
                *id = new_id();
            }
        }
        if incomplete || is_converted {
            self.save(&state)?;
        }
        if is_converted {
            files::remove_if_exists(&legacy).map_err(|source| io_error(&legacy, source))?;
        }
        Ok(state)
    }

    /// Replaces the file, after what it held before has been copied.
    pub fn save(&mut self, state: &State) -> Result<(), StateError> {
        let bytes = state.to_bytes().map_err(io::Error::from);
        let bytes = bytes.map_err(|source| io_error(&self.path, source))?;
        if self.bytes.as_ref() == Some(&bytes) && self.path.exists() {
            return Ok(());
        }
        if let Some(before) = &self.bytes {
            let copy = self.copy_path();
            files::replace(&copy, before).map_err(|source| io_error(&copy, source))?;
        }
        files::replace(&self.path, &bytes).map_err(|source| io_error(&self.path, source))?;
        self.bytes = Some(bytes);
        Ok(())
    }

    /// Removes the file and its copy: nothing is left of the environment.
    pub fn remove(self) -> Result<(), StateError> {
        for path in [&self.path, &self.copy_path()] {
            files::remove_if_exists(path).map_err(|source| io_error(path, source))?;
        }
        Ok(())
    }
}

/// Reads a state file without locking it, to show it.
pub fn view(path: &Path) -> Result<Option<State>, StateError> {
    Ok(read(path)?.map(|(_, state)| state))
}

fn read(path: &Path) -> Result<Option<(Vec<u8>, State)>, StateError> {
    let bytes = files::read_if_exists(path).map_err(|source| io_error(path, source))?;
    let Some(bytes) = bytes else { return Ok(None) };
    match State::parse(&bytes) {
        Ok(state) => Ok(Some((bytes, state))),
        Err(source) => {
            let copy = Some(copy_path(path)).filter(|copy| copy.exists());
            Err(StateError::Invalid { path: path.to_owned(), source, copy })
        }
    }
}

fn convert(legacy: &Path) -> Result<Option<State>, StateError> {
    let bytes = files::read_if_exists(legacy).map_err(|source| io_error(legacy, source))?;
    let Some(bytes) = bytes else { return Ok(None) };
    let state = legacy::from_legacy(&String::from_utf8_lossy(&bytes));
    state.map(Some).map_err(|source| StateError::Legacy { path: legacy.to_owned(), source })
}

fn copy_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".bak");
    path.with_file_name(name)
}

fn io_error(path: &Path, source: io::Error) -> StateError {
    StateError::Io { path: path.to_owned(), source }
}
