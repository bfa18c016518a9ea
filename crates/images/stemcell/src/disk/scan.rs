//! A disk from its first byte to its last, without its holes, and no more data of it than its file
//! can hold: clusters that many places of a disk share would otherwise fill any other disk.

use super::{Disk, Stored};
use crate::error::{StemcellError, TooMuch};
use crate::sparse::is_zero;
use std::io;
use std::path::Path;

/// So much is read at once. A divisor of the blocks of all formats that are written.
pub(crate) const PIECE: u64 = 1 << 20;
/// Data of a disk beyond this is not read: what [`UnpackOptions`](crate::UnpackOptions) allows.
const MOST_DATA: u64 = 64 << 30;
/// What deflate makes of one byte at most.
const MOST_COMPRESSED: u64 = 1032;
/// The last cluster of a file may be cut off.
const CLUSTER: u64 = 4 << 20;

/// A part of the disk.
pub(crate) enum Piece<'a> {
    /// So many bytes of zeros.
    Zeros(u64),
    /// At most [`PIECE`] bytes.
    Data(&'a [u8]),
}

/// A disk being read from front to back.
pub(crate) struct Scan<'a> {
    disk: &'a mut Disk,
    path: &'a Path,
    at: u64,
    stored_left: u64,
    compressed_left: u64,
    data_left: u64,
    buffer: Vec<u8>,
}

impl<'a> Scan<'a> {
    /// `path` is the image's, for errors.
    pub(crate) fn new(disk: &'a mut Disk, path: &'a Path) -> Self {
        let file_size = disk.file_size();
        Self {
            disk,
            path,
            at: 0,
            stored_left: file_size.saturating_add(CLUSTER),
            compressed_left: file_size.saturating_mul(MOST_COMPRESSED).saturating_add(CLUSTER),
            data_left: MOST_DATA,
            buffer: vec![0; PIECE as usize],
        }
    }

    /// How far it has come, in bytes of the disk.
    pub(crate) fn position(&self) -> u64 {
        self.at
    }

    /// The next part; `None` at the end of the disk.
    ///
    /// # Errors
    /// `Damaged` where more data comes than the file can hold, `TooLarge` where it is more than
    /// 64 GiB, and what reading meets.
    pub(crate) fn next(&mut self) -> Result<Option<Piece<'_>>, StemcellError> {
        let left = self.disk.size() - self.at;
        if left == 0 {
            return Ok(None);
        }
        let extent = self.disk.extent_at(self.at).map_err(|error| self.failed(&error))?;
        let length = extent.length.clamp(1, left);
        let budget = match extent.stored {
            Stored::Zeros => {
                self.at += length;
                return Ok(Some(Piece::Zeros(length)));
            }
            Stored::Plain => &mut self.stored_left,
            Stored::Compressed => &mut self.compressed_left,
        };
        let length = length.min(PIECE - self.at % PIECE);
        let Some(rest) = budget.checked_sub(length) else { return Err(self.aliased()) };
        *budget = rest;
        let Some(rest) = self.data_left.checked_sub(length) else {
            return Err(self.failed(&io::Error::other(TooMuch(MOST_DATA))));
        };
        self.data_left = rest;
        let read = self.disk.read_at(&mut self.buffer[..length as usize], self.at);
        read.map_err(|error| self.failed(&error))?;
        self.at += length;
        let piece = &self.buffer[..length as usize];
        Ok(Some(match is_zero(piece) {
            true => Piece::Zeros(length),
            false => Piece::Data(piece),
        }))
    }

    fn aliased(&self) -> StemcellError {
        StemcellError::Damaged {
            within: self.disk.format().to_string(),
            reason: "several places of the disk share one cluster, so that it holds more data \
                     than its file; check it with `qemu-img check`"
                .to_owned(),
        }
    }

    fn failed(&self, error: &io::Error) -> StemcellError {
        match error.raw_os_error() {
            Some(code) => {
                StemcellError::file("read", self.path)(io::Error::from_raw_os_error(code))
            }
            None => StemcellError::decoding(&self.disk.format().to_string(), error),
        }
    }
}
