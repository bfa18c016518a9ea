//! The folder of the images.

mod sums;
mod sweep;
mod write;

pub use sums::Sums;
pub use write::{Expected, Receiver, Unfit};

use crate::settings::{Limits, ServeError};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

const LOCK_FILE: &str = ".lock";
const SUMS_FOLDER: &str = ".sums";
const UPLOAD: &str = ".upload-";

/// The folder of the images.
pub struct Store {
    folder: PathBuf,
    limits: Limits,
    /// The bytes that uploads under way will have. Held while names change.
    expected: Mutex<u64>,
    /// Gone with the process, whatever ends it.
    _lock: File,
}

/// A file that is there.
#[derive(Debug, Clone)]
pub struct Entry {
    pub name: String,
    pub bytes: u64,
    pub modified: SystemTime,
}

impl Store {
    /// Opens the folder, and removes what a process that died has left half done.
    pub fn open(folder: &Path, limits: Limits) -> Result<Self, ServeError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |reason| ServeError::Folder { path, reason }
        };
        let sums = folder.join(SUMS_FOLDER);
        fs::create_dir_all(&sums).map_err(failed(&sums))?;
        let path = folder.join(LOCK_FILE);
        let lock = File::create(&path).map_err(failed(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ServeError::InUse(folder.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(&path)(error)),
        }
        let store =
            Self { folder: folder.to_owned(), limits, expected: Mutex::new(0), _lock: lock };
        store.remove_unfinished().map_err(failed(folder))?;
        Ok(store)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Opens a file. Its name must be a good one.
    pub fn file(&self, name: &str) -> io::Result<(File, Entry)> {
        let path = self.folder.join(name);
        // A link would lead out of the folder.
        if !fs::symlink_metadata(&path)?.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let file = File::open(path)?;
        let there = file.metadata()?;
        let modified = there.modified()?;
        Ok((file, Entry { name: name.to_owned(), bytes: there.len(), modified }))
    }

    /// Removes a file. Whoever is reading it may go on.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        let _held = self.hold();
        fs::remove_file(self.folder.join(name))?;
        self.remove_sums(name);
        Ok(())
    }

    /// All files, by their names.
    pub fn list(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if image_hosting::check_name(&name).is_err() {
                continue;
            }
            // It may have gone meanwhile.
            let Ok(there) = entry.metadata() else { continue };
            if there.is_file() {
                entries.push(Entry { name, bytes: there.len(), modified: there.modified()? });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn remove_unfinished(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(UPLOAD) {
                tracing::info!("removing {}, whose upload never ended", entry.path().display());
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn hold(&self) -> MutexGuard<'_, u64> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
