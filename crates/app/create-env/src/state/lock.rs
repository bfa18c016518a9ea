//! One run at a time on one environment.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Held while a run works on an environment. The kernel drops it when the process dies.
#[derive(Debug)]
pub struct Lock {
    // Held, not read.
    _file: File,
    path: PathBuf,
}

impl Lock {
    /// Locks the environment of this state file; the id of the process that holds the lock if
    /// another one does.
    pub fn take(state: &Path) -> io::Result<Result<Lock, Option<u32>>> {
        let path = path_for(state);
        loop {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).mode(0o600);
            let mut file = options.open(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Err(holder(&mut file))),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // The holder before us removes the file: ours may no longer be the one that is there.
            let same = std::fs::metadata(&path)
                .is_ok_and(|there| file.metadata().is_ok_and(|ours| ours.ino() == there.ino()));
            if same {
                file.set_len(0)?;
                write!(file, "{}", std::process::id())?;
                return Ok(Ok(Lock { _file: file, path }));
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A file that stays is harmless: the lock on it does not.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn path_for(state: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(state.file_name().unwrap_or_default());
    name.push(".lock");
    state.with_file_name(name)
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().and_then(|()| file.take(20).read_to_string(&mut text)).ok()?;
    text.trim().parse().ok()
}
