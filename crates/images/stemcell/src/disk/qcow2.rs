//! qcow2, by the crate of one of QEMU's block layer maintainers.

use super::{Access, Content, Extent, Stored};
use crate::error::StemcellError;
use imago::file::File as Storage;
use imago::qcow2::{Qcow2, Qcow2CreateBuilder};
use imago::{
    DenyImplicitOpenGate, FormatAccess, FormatCreateBuilder, FormatDriverBuilder, Mapping,
    StorageOpenOptions,
};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What a header has to say before anything else is read.
struct Header {
    version: u32,
    backing: bool,
    encrypted: bool,
    snapshots: u32,
    incompatible: u64,
    zstd: bool,
}

const DIRTY: u64 = 1;
const CORRUPT: u64 = 1 << 1;
const EXTERNAL_DATA: u64 = 1 << 2;
const COMPRESSION_TYPE: u64 = 1 << 3;
const KNOWN: u64 = DIRTY | CORRUPT | EXTERNAL_DATA | COMPRESSION_TYPE;

impl Header {
    fn read(path: &Path) -> Result<Self, StemcellError> {
        let mut bytes = Vec::new();
        crate::regular_file::open(path, false)?
            .take(112)
            .read_to_end(&mut bytes)
            .map_err(StemcellError::file("read", path))?;
        if bytes.len() < 72 {
            return Err(StemcellError::Truncated { within: "qcow2 header".to_owned() });
        }
        bytes.resize(112, 0);
        let word =
            |at: usize| bytes[at..at + 4].iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        let version = word(4);
        let extended = version >= 3;
        let length = if extended { word(100) } else { 72 };
        Ok(Self {
            version,
            backing: word(8) != 0 || word(12) != 0,
            encrypted: word(32) != 0,
            snapshots: word(60),
            incompatible: match extended {
                true => u64::from(word(72)) << 32 | u64::from(word(76)),
                false => 0,
            },
            zstd: length > 104 && bytes[104] != 0,
        })
    }

    /// Why the image cannot be opened so. An image from outside must never make us open other
    /// files: no backing file, no external data.
    fn objection(&self, access: Access) -> Option<&'static str> {
        let writing = access == Access::ReadWrite;
        Some(match self {
            _ if self.backing => {
                "it holds only what differs from a backing file; flatten it with `qemu-img convert`"
            }
            _ if self.encrypted => "it is encrypted",
            _ if self.incompatible & EXTERNAL_DATA != 0 => "its data is in another file",
            _ if self.incompatible & CORRUPT != 0 => "it is marked as corrupt; `qemu-img check` it",
            _ if self.incompatible & !KNOWN != 0 => {
                "it has features that we do not know; convert it with `qemu-img convert`"
            }
            _ if self.zstd => {
                "its clusters are compressed with zstd; convert it with `qemu-img convert -c`"
            }
            _ if writing && self.incompatible & DIRTY != 0 => {
                "it was not closed properly; repair it with `qemu-img check -r all`"
            }
            _ if writing && self.snapshots > 0 => "it has internal snapshots",
            _ => return None,
        })
    }
}

pub(super) fn open(path: &Path, access: Access) -> Result<(Box<dyn Content>, u64), StemcellError> {
    let header = Header::read(path)?;
    if let Some(reason) = header.objection(access) {
        let what = format!("this qcow2 (version {})", header.version);
        return Err(StemcellError::unsupported(what, reason));
    }
    let file = super::open_file(path, access)?;
    let options = StorageOpenOptions::new().write(access == Access::ReadWrite);
    let image = Storage::from_open_file(file, options)
        .and_then(|storage| {
            Qcow2::<Storage>::builder(storage)
                .backing(None)
                .write(access == Access::ReadWrite)
                .open(DenyImplicitOpenGate::default())
        })
        .map_err(|error| StemcellError::decoding("qcow2", &error))?;
    let image = FormatAccess::new(image);
    let size = image.size();
    Ok((Box::new(Image(image)), size))
}

/// Makes an empty qcow2 (version 3) of `size` bytes in `file`.
pub(crate) fn create(path: &Path, size: u64) -> io::Result<Qcow2Writer> {
    let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
    let storage = Storage::from_open_file(file, StorageOpenOptions::new().write(true))?;
    let image = Qcow2CreateBuilder::<Storage>::new(storage)
        .size(size)
        .create_open(DenyImplicitOpenGate::default(), |storage| {
            Ok(Qcow2::<Storage>::builder(storage).backing(None).write(true))
        })?;
    Ok(Qcow2Writer(FormatAccess::new(image)))
}

/// A new qcow2, being filled.
pub(crate) struct Qcow2Writer(FormatAccess<Storage>);

impl Qcow2Writer {
    pub(crate) fn write_at(&mut self, buffer: &[u8], offset: u64) -> io::Result<()> {
        self.0.write(buffer, offset)
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        self.0.flush()?;
        self.0.sync()
    }
}

struct Image(FormatAccess<Storage>);

impl Content for Image {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read(buffer, offset)
    }

    fn write_at(&mut self, buffer: &[u8], offset: u64) -> io::Result<()> {
        self.0.write(buffer, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.flush()?;
        self.0.sync()
    }

    fn extent_at(&mut self, offset: u64) -> io::Result<Extent> {
        let left = self.0.size().saturating_sub(offset);
        let (mapping, length) = self.0.get_mapping(offset, left)?;
        let stored = match mapping {
            Mapping::Zero { .. } => Stored::Zeros,
            Mapping::Raw { .. } => Stored::Plain,
            _ => Stored::Compressed,
        };
        Ok(Extent { stored, length })
    }
}
