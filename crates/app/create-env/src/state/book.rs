//! The state of an environment while a run works on it: whatever is known is on disk before
//! anything is built on it.

use super::section::{Change, Section};
use super::{State, StateError, StateFile, new_id};
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
        let mut book = Self { file, reporter, section: Section::of(&state), state };
        book.give_ids()?;
        Ok(book)
    }

    /// Locks and reads the state of an environment that is there; None if it is not.
    pub fn open(path: &Path, reporter: &'a dyn Reporter) -> Result<Option<Self>, StateError> {
        let mut file = StateFile::open(path)?;
        let Some(state) = file.load()? else { return Ok(None) };
        let mut book = Self { file, reporter, section: Section::of(&state), state };
        book.give_ids()?;
        Ok(Some(book))
    }

    /// A state that was made by hand has no ids; and one whose installation's id is a path would
    /// lead out of the folder of installations, which are removed.
    fn give_ids(&mut self) -> Result<(), StateError> {
        let is_name = |id: &str| !id.is_empty() && id != "." && id != ".." && !id.contains('/');
        let (director, installation) = (&self.state.director_id, &self.state.installation_id);
        if !director.is_empty() && is_name(installation) {
            return Ok(());
        }
        if director.is_empty() {
            self.state.director_id = new_id();
        }
        if !is_name(&self.state.installation_id) {
            self.state.installation_id = new_id();
        }
        self.save()
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
