//! An image in another format, for a hypervisor that does not take the one it has.

use crate::disk::{self, Access, Disk, DynamicWriter};
use crate::error::StemcellError;
use crate::format::ImageFormat;
use crate::sparse::is_zero;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The formats that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// qcow2 version 3, not compressed.
    Qcow2,
    /// The bytes of the disk, with holes where there are zeros.
    Raw,
    /// VHD that grows, as XenServer takes it.
    VhdDynamic,
    /// VHD of a fixed size, with holes where there are zeros.
    VhdFixed,
}

impl Target {
    /// The format that comes out.
    pub fn format(self) -> ImageFormat {
        match self {
            Self::Qcow2 => ImageFormat::Qcow2,
            Self::Raw => ImageFormat::Raw,
            Self::VhdDynamic => ImageFormat::VhdDynamic,
            Self::VhdFixed => ImageFormat::VhdFixed,
        }
    }
}

/// So much is read at once. A divisor of the blocks of all formats that are written.
const PIECE: u64 = 1 << 20;

/// Writes the disk in the image `from` to a new file `to`. `progress` is told how many bytes of
/// the disk are done.
///
/// # Errors
/// `Unsupported` with the reason where `from` cannot be read, or its size does not fit the
/// format; `File` where `to` is there already. Nothing is left of `to` then.
pub fn convert(
    from: &Path,
    to: &Path,
    target: Target,
    progress: &mut dyn FnMut(u64),
) -> Result<(), StemcellError> {
    let mut disk = Disk::open(from, Access::ReadOnly)?;
    let vhd = matches!(target, Target::VhdDynamic | Target::VhdFixed);
    if vhd && (disk.size() > disk::VHD_LARGEST || disk.size() % 512 != 0) {
        return Err(StemcellError::unsupported(
            format!("a disk of {} bytes", disk.size()),
            "a VHD has whole sectors and at most 2040 GiB",
        ));
    }
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(to)
        .map_err(StemcellError::file("create", to))?;
    let outcome = fill(&mut disk, from, file, to, target, progress);
    if outcome.is_err() {
        // The error is worth more than the failure to remove what is left.
        let _ = std::fs::remove_file(to);
    }
    outcome
}

fn fill(
    disk: &mut Disk,
    from: &Path,
    file: File,
    to: &Path,
    target: Target,
    progress: &mut dyn FnMut(u64),
) -> Result<(), StemcellError> {
    let size = disk.size();
    let mut writer = Writer::new(file, to, size, target).map_err(no_room(to, 0))?;
    let mut buffer = vec![0; PIECE as usize];
    let mut at = 0;
    while at < size {
        let zeros = disk.zeros_at(at).map_err(unreadable(from, disk.format()))?;
        let whole = zeros / PIECE * PIECE;
        if whole > 0 {
            at = (at + whole).min(size);
            progress(at);
            continue;
        }
        let piece = &mut buffer[..PIECE.min(size - at) as usize];
        disk.read_at(piece, at).map_err(unreadable(from, disk.format()))?;
        writer.write(piece, at).map_err(no_room(to, at))?;
        at += piece.len() as u64;
        progress(at);
    }
    writer.finish().map_err(no_room(to, size))
}

fn unreadable(from: &Path, format: ImageFormat) -> impl FnOnce(io::Error) -> StemcellError {
    move |error| match error.raw_os_error() {
        Some(_) => StemcellError::file("read", from)(error),
        None => StemcellError::decoding(&format.to_string(), &error),
    }
}

fn no_room(to: &Path, written: u64) -> impl FnOnce(io::Error) -> StemcellError {
    move |error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            StemcellError::NoRoom { directory: to.parent().unwrap_or(to).to_owned(), written }
        }
        _ => StemcellError::file("write", to)(error),
    }
}

enum Writer {
    Qcow2(disk::Qcow2Writer),
    Flat { file: File, footer: Option<Box<[u8; 512]>>, size: u64 },
    Dynamic(DynamicWriter),
}

impl Writer {
    fn new(file: File, to: &Path, size: u64, target: Target) -> io::Result<Self> {
        let id = || uuid::Uuid::new_v4().into_bytes();
        Ok(match target {
            Target::Qcow2 => Self::Qcow2(disk::create_qcow2(to, size)?),
            Target::Raw => Self::Flat { file, footer: None, size },
            Target::VhdFixed => {
                Self::Flat { file, footer: Some(Box::new(disk::fixed_footer(size, id()))), size }
            }
            Target::VhdDynamic => Self::Dynamic(DynamicWriter::new(file, size, id())),
        })
    }

    /// Writes the parts of a piece that are not zeros.
    fn write(&mut self, piece: &[u8], offset: u64) -> io::Result<()> {
        const GRAIN: usize = 64 << 10;
        for (index, grain) in piece.chunks(GRAIN).enumerate() {
            let at = offset + (index * GRAIN) as u64;
            if is_zero(grain) {
                continue;
            }
            match self {
                Self::Qcow2(writer) => writer.write_at(grain, at)?,
                Self::Flat { file, .. } => file.write_all_at(grain, at)?,
                Self::Dynamic(writer) => writer.write_at(grain, at)?,
            }
        }
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Qcow2(writer) => writer.finish(),
            Self::Dynamic(writer) => writer.finish(),
            Self::Flat { file, footer, size } => {
                file.set_len(size)?;
                if let Some(footer) = footer {
                    file.write_all_at(footer.as_slice(), size)?;
                }
                file.sync_all()
            }
        }
    }
}
