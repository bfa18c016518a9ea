//! Opening what is given as an image: regular files only, since a pipe blocks and a device may
//! never end.

use crate::error::StemcellError;
use std::fs::{File, FileType, Metadata};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// Opens a regular file to be read, and if `writable`, to be written.
///
/// # Errors
/// `NotAFile`, `File`.
pub(crate) fn open(path: &Path, writable: bool) -> Result<File, StemcellError> {
    let failed = |error| StemcellError::file("open", path)(error);
    // Before it is opened: opening a pipe waits for whoever writes to it.
    require_regular(path, &std::fs::metadata(path).map_err(failed)?)?;
    let file = File::options().read(true).write(writable).open(path).map_err(failed)?;
    require_regular(path, &file.metadata().map_err(failed)?)?;
    Ok(file)
}

fn require_regular(path: &Path, metadata: &Metadata) -> Result<(), StemcellError> {
    let kind = metadata.file_type();
    match kind.is_file() {
        true => Ok(()),
        false => Err(StemcellError::NotAFile { path: path.to_owned(), kind: kind_name(kind) }),
    }
}

fn kind_name(kind: FileType) -> &'static str {
    match kind {
        _ if kind.is_dir() => "directory",
        _ if kind.is_fifo() => "pipe",
        _ if kind.is_socket() => "socket",
        _ if kind.is_block_device() => "block device",
        _ if kind.is_char_device() => "character device",
        _ => "special file",
    }
}
