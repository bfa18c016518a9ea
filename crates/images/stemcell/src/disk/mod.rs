//! A disk image as the disk that a guest would see: bytes at offsets, whatever the format.

mod little_endian;
mod qcow2;
mod scan;
mod vhd;
mod vhdx;
mod vmdk;
mod vmdk_stream;

pub(crate) use qcow2::{Qcow2Writer, create as create_qcow2};
pub(crate) use scan::{PIECE, Piece, Scan};
pub(crate) use vhd::{DynamicWriter, LARGEST as VHD_LARGEST, fixed_footer};
pub(crate) use vmdk_stream::StreamWriter;

use crate::error::StemcellError;
use crate::format::ImageFormat;
use crate::regular_file;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Whether a disk is opened to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    ReadOnly,
    ReadWrite,
}

/// An opened disk image.
pub(crate) struct Disk {
    content: Box<dyn Content>,
    format: ImageFormat,
    size: u64,
    file_size: u64,
}

/// Larger disks than this (64 TiB) no hypervisor gives to a VM.
const LARGEST: u64 = 64 << 40;

/// How the file stores a part of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    /// Not at all: it reads as zeros.
    Zeros,
    /// As it is.
    Plain,
    /// Compressed.
    Compressed,
}

/// A part of the disk that is stored in one way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) stored: Stored,
    /// In bytes.
    pub(crate) length: u64,
}

/// What a format's driver does. Offsets are within the disk; callers stay within its size.
trait Content: Send {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
    fn write_at(&mut self, buffer: &[u8], offset: u64) -> io::Result<()>;
    /// Everything that was written is on the disk below.
    fn sync(&mut self) -> io::Result<()>;
    /// How the disk is stored from `offset` on, and how far that goes, without reading it.
    fn extent_at(&mut self, offset: u64) -> io::Result<Extent>;
}

impl Disk {
    /// Opens an image.
    ///
    /// # Errors
    /// `NotAnImage`, or `Unsupported` where the format cannot be looked into, with the reason.
    pub(crate) fn open(path: &Path, access: Access) -> Result<Self, StemcellError> {
        let format = format_of(path)?;
        let (content, size): (Box<dyn Content>, u64) = match format {
            ImageFormat::Qcow2 => qcow2::open(path, access)?,
            ImageFormat::Raw => flat(path, access, 0)?,
            ImageFormat::VhdFixed if access == Access::ReadOnly => flat(path, access, 512)?,
            ImageFormat::VhdDynamic if access == Access::ReadOnly => vhd::open(path)?,
            ImageFormat::VmdkSparse | ImageFormat::VmdkStream if access == Access::ReadOnly => {
                vmdk::open(path)?
            }
            ImageFormat::Ova if access == Access::ReadOnly => {
                let (file, part) = crate::ova::disk(path)?;
                vmdk::open_part(file, part)?
            }
            ImageFormat::Vhdx if access == Access::ReadOnly => vhdx::open(path)?,
            ImageFormat::VhdFixed
            | ImageFormat::VhdDynamic
            | ImageFormat::Vhdx
            | ImageFormat::VmdkSparse
            | ImageFormat::VmdkStream
            | ImageFormat::Ova => {
                return Err(StemcellError::unsupported(
                    format,
                    "it is not written in place; convert it to qcow2 or raw first",
                ));
            }
            ImageFormat::VhdDifferencing => {
                return Err(StemcellError::unsupported(
                    format,
                    "the image that it differs from is not in it",
                ));
            }
            other => {
                return Err(StemcellError::unsupported(
                    other,
                    "this format is not read; convert it with `qemu-img convert` first",
                ));
            }
        };
        if size > LARGEST {
            return Err(StemcellError::unsupported(
                format!("a disk of {size} bytes"),
                "larger than 64 TiB, the limit of this program",
            ));
        }
        let file = std::fs::metadata(path).map_err(StemcellError::file("read", path))?;
        Ok(Self { content, format, size, file_size: file.len() })
    }

    /// The format of the file.
    pub(crate) fn format(&self) -> ImageFormat {
        self.format
    }

    /// The size that the guest sees, in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The size of the file, in bytes.
    pub(crate) fn file_size(&self) -> u64 {
        self.file_size
    }

    pub(crate) fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.check(buffer.len(), offset)?;
        self.content.read_at(buffer, offset)
    }

    pub(crate) fn write_at(&mut self, buffer: &[u8], offset: u64) -> io::Result<()> {
        self.check(buffer.len(), offset)?;
        self.content.write_at(buffer, offset)
    }

    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.content.sync()
    }

    /// See [`Content::extent_at`].
    pub(crate) fn extent_at(&mut self, offset: u64) -> io::Result<Extent> {
        self.content.extent_at(offset)
    }

    fn check(&self, length: usize, offset: u64) -> io::Result<()> {
        match offset.checked_add(length as u64) {
            Some(end) if end <= self.size => Ok(()),
            _ => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("byte {offset} is beyond the end of the disk, {}", self.size),
            )),
        }
    }
}

/// The format of an image in a file.
///
/// # Errors
/// `NotAnImage` with what it is instead.
pub(crate) fn format_of(path: &Path) -> Result<ImageFormat, StemcellError> {
    let mut file = regular_file::open(path, false)?;
    let read = |file: &mut File| -> io::Result<(Vec<u8>, Vec<u8>)> {
        let mut head = Vec::new();
        file.take(crate::unpack::HEAD as u64).read_to_end(&mut head)?;
        let length = file.metadata()?.len();
        let mut tail = Vec::new();
        file.seek(SeekFrom::Start(length.saturating_sub(512)))?;
        file.take(512).read_to_end(&mut tail)?;
        Ok((head, tail))
    };
    let (head, tail) = read(&mut file).map_err(StemcellError::file("read", path))?;
    if crate::tarball::is_ova(&head) {
        return Ok(ImageFormat::Ova);
    }
    match ImageFormat::recognise(&head) {
        Some(format) => Ok(format.with_tail(&tail)),
        None => Err(StemcellError::NotAnImage { found: crate::format::describe(&head) }),
    }
}

/// The bytes of the disk, as they are.
struct Flat {
    file: File,
    size: u64,
}

fn flat(
    path: &Path,
    access: Access,
    footer: u64,
) -> Result<(Box<dyn Content>, u64), StemcellError> {
    let file = open_file(path, access)?;
    let length = file.metadata().map_err(StemcellError::file("read", path))?.len();
    let size = length.saturating_sub(footer);
    Ok((Box::new(Flat { file, size }), size))
}

fn open_file(path: &Path, access: Access) -> Result<File, StemcellError> {
    regular_file::open(path, access == Access::ReadWrite)
}

impl Content for Flat {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }

    fn write_at(&mut self, buffer: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(buffer, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// The holes of the file are known to its filesystem.
    fn extent_at(&mut self, offset: u64) -> io::Result<Extent> {
        let seek = |to| rustix::fs::seek(&self.file, to);
        let left = self.size - offset;
        let extent = |stored, end: u64| Extent { stored, length: (end - offset).min(left) };
        Ok(match seek(rustix::fs::SeekFrom::Data(offset)) {
            Ok(data) if data > offset => extent(Stored::Zeros, data),
            Ok(_) => match seek(rustix::fs::SeekFrom::Hole(offset)) {
                Ok(hole) if hole > offset => extent(Stored::Plain, hole),
                _ => extent(Stored::Plain, self.size),
            },
            // No data from here on.
            Err(rustix::io::Errno::NXIO) => extent(Stored::Zeros, self.size),
            // A filesystem that does not tell.
            Err(_) => extent(Stored::Plain, self.size),
        })
    }
}
