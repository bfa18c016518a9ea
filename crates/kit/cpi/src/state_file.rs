//! Small JSON files under `state_dir` that any process may read and write at once. Readers take no
//! lock, since a file is only ever replaced as a whole; writers lock, read, change and replace.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long to wait for the lock before doing without the file. Tests may run on a busy machine.
const LONGEST_WAIT: Duration = Duration::from_secs(if cfg!(test) { 120 } else { 2 });

/// What the file holds; one that cannot be read counts as empty.
pub(crate) fn read<T: DeserializeOwned + Default>(file: &Path) -> T {
    let content = fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    content.unwrap_or_default()
}

/// Changes what the file holds.
pub(crate) fn change<T: Serialize + DeserializeOwned + Default>(
    file: &Path,
    change: impl FnOnce(&mut T),
) -> io::Result<()> {
    let dir = file.parent().unwrap_or(file);
    fs::create_dir_all(dir)?;
    let lock = File::options().create(true).append(true).open(file.with_extension("lock"))?;
    wait_for(&lock)?; // held until it is dropped, or the process dies
    let mut content = read(file);
    change(&mut content);
    let mut new = tempfile::NamedTempFile::new_in(dir)?;
    serde_json::to_writer(&mut new, &content)?;
    new.flush()?;
    new.persist(file)?;
    Ok(())
}

/// Whoever holds the lock has a millisecond's work to do; but a process that was stopped in the
/// middle must not stop all others.
fn wait_for(lock: &File) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) if begun.elapsed() < LONGEST_WAIT => {
                std::thread::sleep(Duration::from_millis(2));
            }
            other => return Ok(other?),
        }
    }
}
