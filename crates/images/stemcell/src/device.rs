//! An image onto a disk that is there: a block device, or a file that stands for one.

use crate::disk::{Access, Disk};
use crate::error::StemcellError;
use crate::sparse::is_zero;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// So much is read at once.
const PIECE: u64 = 1 << 20;

/// The size that a guest sees of the disk in an image, in bytes.
///
/// # Errors
/// `Unsupported` with the reason where the image is not looked into.
pub fn disk_size(image: &Path) -> Result<u64, StemcellError> {
    Ok(Disk::open(image, Access::ReadOnly)?.size())
}

/// Writes the disk in `image` onto the device, from its first byte on. Zeros are written only
/// where the device has something else, so that a volume without storage of its own stays so.
/// What lies behind the disk's end is left alone. `progress` is told how many bytes are done.
///
/// # Errors
/// `Unsupported` where the image is not looked into, or the device is smaller than the disk;
/// `File` where it cannot be opened, read or written.
pub fn write_onto(
    image: &Path,
    device: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<(), StemcellError> {
    let mut disk = Disk::open(image, Access::ReadOnly)?;
    let opened = File::options().read(true).write(true).open(device);
    let mut target = opened.map_err(StemcellError::file("open", device))?;
    let room = target.seek(SeekFrom::End(0)).map_err(StemcellError::file("read", device))?;
    let size = disk.size();
    if room < size {
        return Err(StemcellError::unsupported(
            format!("{} has {room} bytes", device.display()),
            format!("the disk in the image has {size}"),
        ));
    }
    let (mut piece, mut there) = (vec![0; PIECE as usize], vec![0; PIECE as usize]);
    let mut at = 0;
    while at < size {
        let length = PIECE.min(size - at) as usize;
        let piece = &mut piece[..length];
        read(&mut disk, image, piece, at)?;
        put(&target, piece, &mut there[..length], at)
            .map_err(StemcellError::file("write", device))?;
        at += length as u64;
        progress(at);
    }
    target.sync_all().map_err(StemcellError::file("write", device))
}

fn read(disk: &mut Disk, image: &Path, piece: &mut [u8], at: u64) -> Result<(), StemcellError> {
    let format = disk.format();
    let known = disk.zeros_at(at).and_then(|zeros| match zeros >= piece.len() as u64 {
        true => {
            piece.fill(0);
            Ok(())
        }
        false => disk.read_at(piece, at),
    });
    known.map_err(|error| match error.raw_os_error() {
        Some(_) => StemcellError::file("read", image)(error),
        None => StemcellError::decoding(&format.to_string(), &error),
    })
}

fn put(target: &File, piece: &[u8], there: &mut [u8], at: u64) -> io::Result<()> {
    if is_zero(piece) {
        target.read_exact_at(there, at)?;
        if is_zero(there) {
            return Ok(());
        }
    }
    target.write_all_at(piece, at)
}
