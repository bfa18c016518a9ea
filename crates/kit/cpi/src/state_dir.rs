//! The folder for what outlives a call. It is opened only when something is to be kept.

use bosh_cpi::{CpiError, Result};
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

type Open = Box<dyn Fn() -> Result<PathBuf>>;

/// The folder for what outlives a call: the journal, and what names stand for.
pub struct StateDir {
    open: Open,
    opened: OnceCell<Result<PathBuf>>,
}

impl StateDir {
    /// A folder that is found, and made where needed, when it is first asked for: `info` never
    /// does.
    pub fn lazy(open: impl Fn() -> Result<PathBuf> + 'static) -> Self {
        Self { open: Box::new(open), opened: OnceCell::new() }
    }

    /// This folder, which must be there.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        let dir = dir.into();
        Self::lazy(move || Ok(dir.clone()))
    }

    /// The folder, or why there is none.
    pub fn path(&self) -> std::result::Result<&Path, CpiError> {
        match self.opened.get_or_init(|| (self.open)()) {
            Ok(dir) => Ok(dir),
            Err(error) => Err(error.clone()),
        }
    }
}

impl std::fmt::Debug for StateDir {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("StateDir").field(&self.opened.get()).finish()
    }
}
