//! An image onto a disk that is there: a block device, or a file that stands for one.

use crate::disk::{Access, Disk, PIECE, Piece, Scan};
use crate::error::StemcellError;
use crate::sparse::is_zero;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

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
    let failed = |error| StemcellError::file("write", device)(error);
    let mut scan = Scan::new(&mut disk, image);
    loop {
        let at = scan.position();
        match scan.next()? {
            None => break,
            Some(Piece::Zeros(length)) => clear(&target, at, length).map_err(failed)?,
            Some(Piece::Data(piece)) => target.write_all_at(piece, at).map_err(failed)?,
        }
        progress(scan.position());
    }
    target.sync_all().map_err(failed)
}

/// Writes zeros where the device has something else.
fn clear(target: &File, start: u64, length: u64) -> io::Result<()> {
    static ZEROS: [u8; PIECE as usize] = [0; PIECE as usize];
    let mut there = vec![0; PIECE as usize];
    let mut done = 0;
    while done < length {
        let there = &mut there[..PIECE.min(length - done) as usize];
        let at = start + done;
        target.read_exact_at(there, at)?;
        if !is_zero(there) {
            target.write_all_at(&ZEROS[..there.len()], at)?;
        }
        done += there.len() as u64;
    }
    Ok(())
}
