//! A person as root beside a director as vcap: what root makes in the director's folder, the
//! director cannot use. So a command of a person works as the folder's owner.

use anyhow::{Context as _, Result, bail};
use rustix::fs::{Gid, Uid};
use rustix::process::geteuid;
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Makes this process, which has one thread yet, the owner of `dir` if it is root and the folder
/// is somebody else's. Files that only root may read must have been read by then.
///
/// # Errors
/// A folder below `store` that is not there: it is the director's to make.
pub fn become_owner(dir: &Path, store: &Path) -> Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let owner = match std::fs::metadata(dir) {
        Ok(data) => data,
        Err(error)
            if error.kind() == ErrorKind::NotFound && store.is_dir() && dir.starts_with(store) =>
        {
            bail!(
                "{dir} is not there, and root must not make it: the director could not use it. Make \
             it with `install -d -m 0700 -o vcap -g vcap {dir}`, or run this as vcap",
                dir = dir.display()
            )
        }
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| dir.display().to_string()),
    };
    if owner.uid() == 0 {
        return Ok(());
    }
    let (uid, gid) = (Uid::from_raw(owner.uid()), Gid::from_raw(owner.gid()));
    set_thread_groups(&[gid])
        .and_then(|()| set_thread_res_gid(gid, gid, gid))
        .and_then(|()| set_thread_res_uid(uid, uid, uid))
        .with_context(|| format!("cannot work as the owner of {}", dir.display()))
}

/// What stands in `dir` and belongs to somebody else than the folder does, with the command that
/// mends it; None if all is well, or cannot be looked at.
pub fn foreign_files(dir: &Path) -> Option<String> {
    let owner = std::fs::metadata(dir).ok()?;
    let mut foreign = Vec::new();
    for entry in std::fs::read_dir(dir).ok()?.flatten() {
        let at = entry.path();
        let inner = std::fs::read_dir(&at).into_iter().flatten().flatten().map(|e| e.path());
        foreign.extend(inner.chain([at]).filter(|path| {
            std::fs::symlink_metadata(path).is_ok_and(|data| data.uid() != owner.uid())
        }));
    }
    let first = foreign.iter().min()?;
    Some(format!(
        "{} of {} files in {dir} belong to another user than the folder, such as {}: \
         `chown -R {}:{} {dir}` (as root) mends it",
        foreign.len(),
        std::fs::read_dir(dir).ok()?.count().max(foreign.len()),
        first.display(),
        owner.uid(),
        owner.gid(),
        dir = dir.display(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole test needs root, which CI has or has not: as anybody else nothing is to be done.
    #[test]
    fn a_folder_of_one_s_own_needs_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("ledger.db"), "").unwrap();
        assert_eq!(foreign_files(dir.path()), None);
        become_owner(dir.path(), Path::new("/var/vcap/store")).unwrap();
    }

    #[test]
    fn root_makes_no_folder_in_the_store() {
        if !geteuid().is_root() {
            eprintln!("skipped: this user is not root");
            return;
        }
        let store = tempfile::tempdir().unwrap();
        let dir = store.path().join("cloudstack_cpi");
        let error = become_owner(&dir, store.path()).unwrap_err().to_string();
        assert!(error.contains("install -d -m 0700 -o vcap"), "{error}");
        assert!(!dir.exists());
    }
}
