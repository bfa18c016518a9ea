//! A file being written front to back, with holes where there are zeros.

use crate::checksum::{Checksums, Digests};
use crate::error::StemcellError;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Zeros are left out in pieces of this size: a block of most filesystems.
const PIECE: usize = 4096;

pub(crate) struct SparseFile {
    file: File,
    /// For errors: where the file is.
    directory: PathBuf,
    written: u64,
    digests: Digests,
    /// The last 512 bytes, or fewer.
    tail: Vec<u8>,
}

impl SparseFile {
    pub(crate) fn new(file: File, directory: &Path) -> Self {
        Self {
            file,
            directory: directory.to_owned(),
            written: 0,
            digests: Digests::default(),
            tail: Vec::with_capacity(1024),
        }
    }

    /// Bytes so far, holes included.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), StemcellError> {
        self.digests.update(bytes);
        self.keep_tail(bytes);
        let mut rest = bytes;
        while !rest.is_empty() {
            let to_end = PIECE - (self.written % PIECE as u64) as usize;
            let (now, later) = rest.split_at(to_end.min(rest.len()));
            // Neighbouring pieces with data are written at once.
            let run = if is_zero(now) { now.len() } else { self.data_run(rest, now.len()) };
            if !is_zero(now) {
                let outcome = self.file.write_all_at(&rest[..run], self.written);
                outcome.map_err(|error| self.failed(error))?;
            }
            self.written += run as u64;
            rest = if run == now.len() { later } else { &rest[run..] };
        }
        Ok(())
    }

    /// How many bytes from the start of `rest` on go until the next piece of zeros.
    fn data_run(&self, rest: &[u8], first: usize) -> usize {
        let more = rest[first..].chunks(PIECE).take_while(|piece| !is_zero(piece));
        first + more.map(<[u8]>::len).sum::<usize>()
    }

    /// The size, the last 512 bytes and the checksums, once all is on the disk.
    pub(crate) fn finish(self) -> Result<(u64, Vec<u8>, Checksums), StemcellError> {
        let end = self.file.set_len(self.written).and_then(|()| self.file.sync_all());
        end.map_err(|error| self.failed(error))?;
        Ok((self.written, self.tail, self.digests.finish()))
    }

    fn keep_tail(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(&bytes[bytes.len().saturating_sub(512)..]);
        let excess = self.tail.len().saturating_sub(512);
        self.tail.drain(..excess);
    }

    fn failed(&self, error: io::Error) -> StemcellError {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => {
                StemcellError::NoRoom { directory: self.directory.clone(), written: self.written }
            }
            _ => StemcellError::file("write to", &self.directory)(error),
        }
    }
}

/// Compares with zeros, which is a `memcmp`: gigabytes pass through here.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    const ZEROS: [u8; PIECE] = [0; PIECE];
    bytes.chunks(PIECE).all(|piece| *piece == ZEROS[..piece.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A full disk is told as such, with how much fitted.
    #[test]
    fn a_full_disk_is_no_puzzle() {
        let full = File::options().write(true).open("/dev/full").expect("open");
        let mut target = SparseFile::new(full, Path::new("/some/where"));
        target.write(&[0; 8192]).expect("zeros need no room");
        let error = target.write(&[1; 4096]).expect_err("no room");
        assert!(matches!(error, StemcellError::NoRoom { written: 8192, .. }));
        assert!(error.to_string().contains("no space left in /some/where"));
    }
}
