//! The state of an environment while a run works on it: whatever is known is on disk before
//! anything is built on it.

use super::section::{Change, Section};
use super::{State, StateError, StateFile};
use crate::event::{Event, Reporter};
use std::path::{Path, PathBuf};

/// The locked state file, and what it holds.
pub(crate) struct Book<'a> {
    file: StateFile,
    reporter: &'a dyn Reporter,
    /// The CLI's part.
    pub state: State,
    /// Ours.
    pub section: Section,
}

impl<'a> Book<'a> {
    /// Locks and reads the state of an environment that is about to be made.
    pub fn open_or_create(
        path: &Path,
        manifest: &Path,
        reporter: &'a dyn Reporter,
    ) -> Result<Self, StateError> {
        let mut file = StateFile::open(path)?;
        let state = file.load_or_create(manifest)?;
        Ok(Self { file, reporter, section: Section::of(&state), state })
    }

    /// Locks and reads the state of an environment that is there; None if it is not.
    pub fn open(path: &Path, reporter: &'a dyn Reporter) -> Result<Option<Self>, StateError> {
        let mut file = StateFile::open(path)?;
        let Some(state) = file.load()? else { return Ok(None) };
        Ok(Some(Self { file, reporter, section: Section::of(&state), state }))
    }

    /// Writes everything down.
    pub fn save(&mut self) -> Result<(), StateError> {
        self.section.put(&mut self.state);
        self.file.save(&self.state)?;
        self.reporter.tell(Event::Saved);
        Ok(())
    }

    /// Writes down that a change is about to be made.
    pub fn intend(&mut self, change: Change) -> Result<(), StateError> {
        self.section.pending = Some(change);
        self.save()
    }

    /// The folder of the call that makes the pending change: beside the state file, so that it
    /// goes where that goes.
    pub fn call_folder(&self) -> PathBuf {
        let path = self.file.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.with_file_name(format!(".{name}.call"))
    }

    /// Removes the state file: nothing is left of the environment.
    pub fn remove(self) -> Result<(), StateError> {
        self.file.remove()
    }
}
