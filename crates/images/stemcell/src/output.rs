//! Files that are made: under their own name only once they are whole and on the disk.

use crate::error::StemcellError;
use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};

/// Who may read a file that is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Whoever the umask of the process allows.
    Umask,
    /// Its owner only.
    Owner,
}

/// A file on its way to its name. It is removed if it is dropped before [`Output::publish`].
#[derive(Debug)]
pub struct Output {
    file: NamedTempFile,
    target: PathBuf,
}

impl Output {
    /// Begins a file that is to be at `target`, in the same directory.
    ///
    /// # Errors
    /// `File` where `target` exists already, or its directory cannot be written.
    pub fn create(target: &Path, readers: Readers) -> Result<Self, StemcellError> {
        refuse_existing(target)?;
        let mode = match readers {
            Readers::Umask => 0o666,
            Readers::Owner => 0o600,
        };
        let file = tempfile::Builder::new()
            .prefix(".stemcell-output-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(directory_of(target))
            .map_err(StemcellError::file("create", target))?;
        Ok(Self { file, target: target.to_owned() })
    }

    /// The file, to be written.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Where the file is for now.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Gives the file its name, once its content is on the disk.
    ///
    /// # Errors
    /// `File` where something of that name has appeared meanwhile, which stays as it is.
    pub fn publish(self) -> Result<(), StemcellError> {
        let synced = self.file.as_file().sync_all();
        synced.map_err(StemcellError::file("write", &self.target))?;
        publish(self.file.into_temp_path(), &self.target)
    }
}

/// Gives a finished temporary file of the same filesystem the name `target`.
///
/// # Errors
/// `File` where `target` exists already.
pub fn publish(finished: TempPath, target: &Path) -> Result<(), StemcellError> {
    let failed = |error| StemcellError::file("create", target)(error);
    finished.persist_noclobber(target).map_err(|error| failed(error.error))?;
    // The name is as durable as the content.
    File::open(directory_of(target)).and_then(|directory| directory.sync_all()).map_err(failed)
}

fn refuse_existing(target: &Path) -> Result<(), StemcellError> {
    match target.symlink_metadata() {
        Ok(_) => {
            let exists = std::io::ErrorKind::AlreadyExists.into();
            Err(StemcellError::file("create", target)(exists))
        }
        Err(_) => Ok(()),
    }
}

/// The directory of a file, which a bare name has too.
fn directory_of(target: &Path) -> &Path {
    target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// Until it is published a file has no name that anybody looks for, and it never replaces one.
    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("directory");
        let target = folder.path().join("image");
        let mut output = Output::create(&target, Readers::Owner).expect("created");
        output.file().write_all(b"half").expect("written");
        assert!(!target.exists());
        drop(output);
        assert_eq!(std::fs::read_dir(folder.path()).expect("directory").count(), 0);

        let mut output = Output::create(&target, Readers::Owner).expect("created");
        output.file().write_all(b"whole").expect("written");
        let late = Output::create(&target, Readers::Umask).expect("created");
        output.publish().expect("published");
        assert_eq!(std::fs::read(&target).expect("read"), b"whole");
        let mode = target.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let error = late.publish().expect_err("taken").to_string();
        assert!(error.contains("exists"), "{error}");
        assert!(Output::create(&target, Readers::Umask).is_err());
        assert_eq!(std::fs::read(&target).expect("read"), b"whole");
    }
}
