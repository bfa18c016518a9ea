//! VMDK in one file, after VMware's "Virtual Disk Format 5.0": sparse and stream-optimised extents
//! are read, here and within an OVA. Numbers are little-endian, places are in sectors of 512 bytes.

use super::little_endian::{le16, le32, le64};
use super::{Content, Extent, Stored};
use crate::error::StemcellError;
use crate::regular_file;
use flate2::read::ZlibDecoder;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

pub(super) const SECTOR: u64 = 512;
/// Entries of a grain table; no other number is in use.
pub(super) const TABLE_ENTRIES: u64 = 512;
/// Bit of the header's flags: grains are compressed.
pub(super) const COMPRESSED: u32 = 1 << 16;
/// Bit of the header's flags: every part of the file begins with a marker.
pub(super) const MARKERS: u32 = 1 << 17;
/// Bit of the header's flags: entry 1 of a table is a grain of zeros.
const ZEROED_GRAINS: u32 = 1 << 2;
/// The place of a grain directory that is told by a footer.
pub(super) const AT_END: u64 = u64::MAX;
/// Grains from 4 KiB to 2 MiB.
const GRAINS: std::ops::RangeInclusive<u64> = 8..=4096;
/// A directory of more entries (for 128 TiB with the usual grains) is refused.
const MOST_TABLES: u64 = 1 << 22;
/// Longer descriptors are refused.
const LONGEST_DESCRIPTOR: u64 = 1 << 20;

/// Opens a VMDK.
pub(super) fn open(path: &Path) -> Result<(Box<dyn Content>, u64), StemcellError> {
    let file = regular_file::open(path, false)?;
    let length = file.metadata().map_err(StemcellError::file("read", path))?.len();
    open_part(file, 0..length)
}

/// Opens a VMDK that is a part of a file.
pub(super) fn open_part(
    file: File,
    part: Range<u64>,
) -> Result<(Box<dyn Content>, u64), StemcellError> {
    let source = Source { file, part };
    let vmdk = Vmdk::open(source).map_err(|error| StemcellError::decoding("VMDK", &error))?;
    let size = vmdk.size;
    Ok((Box::new(vmdk), size))
}

/// A part of a file; nothing outside of it is read.
struct Source {
    file: File,
    part: Range<u64>,
}

impl Source {
    fn length(&self) -> u64 {
        self.part.end - self.part.start
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > self.length()) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.file.read_exact_at(buffer, self.part.start + offset)
    }

    fn bytes(&self, length: u64, offset: u64) -> io::Result<Vec<u8>> {
        if length > self.length() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.read_at(&mut bytes, offset)?;
        Ok(bytes)
    }
}

/// What a header tells.
#[derive(Debug, Clone, Copy)]
struct Header {
    flags: u32,
    capacity: u64,
    grain: u64,
    descriptor: (u64, u64),
    table_entries: u64,
    directory: u64,
    unclean: bool,
    algorithm: u16,
}

impl Header {
    fn parse(bytes: &[u8]) -> io::Result<Self> {
        if !bytes.starts_with(b"KDMV") || !(1..=3).contains(&le32(bytes, 4)) {
            return Err(damaged("its header is invalid"));
        }
        Ok(Self {
            flags: le32(bytes, 8),
            capacity: le64(bytes, 12),
            grain: le64(bytes, 20),
            descriptor: (le64(bytes, 28), le64(bytes, 36)),
            table_entries: u64::from(le32(bytes, 44)),
            directory: le64(bytes, 56),
            unclean: bytes[72] != 0,
            algorithm: le16(bytes, 77),
        })
    }

    fn check(&self) -> io::Result<()> {
        if !GRAINS.contains(&self.grain) || !self.grain.is_power_of_two() {
            return Err(damaged("the size of its grains is invalid"));
        }
        if self.table_entries != TABLE_ENTRIES {
            return Err(damaged("the size of its grain tables is invalid"));
        }
        if self.capacity.checked_mul(SECTOR).is_none() || self.tables() > MOST_TABLES {
            return Err(damaged("its capacity is too large"));
        }
        if self.compressed() && self.algorithm != 1 {
            return Err(damaged("its compression is unknown"));
        }
        if self.unclean {
            return Err(damaged("it was not closed properly"));
        }
        Ok(())
    }

    fn compressed(&self) -> bool {
        self.flags & COMPRESSED != 0
    }

    /// How many grain tables there are.
    fn tables(&self) -> u64 {
        self.capacity.div_ceil(self.grain.saturating_mul(TABLE_ENTRIES).max(1))
    }
}

/// An opened VMDK.
struct Vmdk {
    source: Source,
    header: Header,
    /// The size that the guest sees, in bytes.
    size: u64,
    /// Where each grain table is.
    directory: Vec<u32>,
    /// The table that was read last, and its number.
    table: Option<(usize, Vec<u32>)>,
    /// The grain that was read last, and where in the disk it is.
    grain: Option<(u64, Vec<u8>)>,
}

impl Vmdk {
    fn open(source: Source) -> io::Result<Self> {
        let mut header = Header::parse(&source.bytes(SECTOR, 0)?)?;
        let descriptor = header.descriptor;
        if header.directory == AT_END {
            // Marker, footer and end of stream: a sector each.
            let at = source.length().checked_sub(2 * SECTOR);
            let at = at.ok_or(io::ErrorKind::UnexpectedEof)?;
            header = Header::parse(&source.bytes(SECTOR, at)?)
                .map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        }
        header.check()?;
        check_descriptor(&source, descriptor)?;
        let at = place(header.directory)?;
        let directory = words(&source.bytes(header.tables() * 4, at)?);
        let size = header.capacity * SECTOR;
        Ok(Self { source, header, size, directory, table: None, grain: None })
    }

    /// Bytes of a grain.
    fn grain_bytes(&self) -> u64 {
        self.header.grain * SECTOR
    }

    /// Where the grain of that number is in the file, in sectors; 0 where it is not.
    fn entry(&mut self, number: u64) -> io::Result<u64> {
        let table = (number / TABLE_ENTRIES) as usize;
        let Some(&at) = self.directory.get(table).filter(|at| **at != 0) else { return Ok(0) };
        if self.table.as_ref().is_none_or(|(read, _)| *read != table) {
            let bytes = self.source.bytes(TABLE_ENTRIES * 4, u64::from(at) * SECTOR)?;
            self.table = Some((table, words(&bytes)));
        }
        let entries = self.table.as_ref().map(|(_, entries)| entries.as_slice());
        let entry = entries.and_then(|all| all.get((number % TABLE_ENTRIES) as usize));
        let entry = u64::from(entry.copied().unwrap_or_default());
        Ok(match entry {
            1 if self.header.flags & ZEROED_GRAINS != 0 => 0,
            entry => entry,
        })
    }

    /// The grain of that number, which is at that sector, uncompressed.
    fn grain(&mut self, number: u64, at: u64) -> io::Result<&[u8]> {
        if self.grain.as_ref().is_none_or(|(read, _)| *read != number) {
            let bytes = match self.header.compressed() {
                true => self.inflate(number, at * SECTOR)?,
                false => {
                    // The last one may be cut off at the end of the disk.
                    let left = self.size - number * self.grain_bytes();
                    self.source.bytes(self.grain_bytes().min(left), at * SECTOR)?
                }
            };
            self.grain = Some((number, bytes));
        }
        Ok(self.grain.as_ref().map_or(&[], |(_, bytes)| bytes.as_slice()))
    }

    fn inflate(&self, number: u64, at: u64) -> io::Result<Vec<u8>> {
        let marker = self.source.bytes(12, at)?;
        let (place, length) = (le64(&marker, 0), u64::from(le32(&marker, 8)));
        // So that no two places of the disk share a grain.
        if place != number * self.header.grain {
            return Err(damaged("a grain is not in the place that it says"));
        }
        if length > 2 * self.grain_bytes() {
            return Err(damaged("a grain is larger than it may be"));
        }
        let packed = self.source.bytes(length, at + 12)?;
        let mut bytes = Vec::new();
        let decoder = ZlibDecoder::new(packed.as_slice());
        decoder.take(self.grain_bytes() + 1).read_to_end(&mut bytes)?;
        let left = self.size - number * self.grain_bytes();
        if (bytes.len() as u64) < self.grain_bytes().min(left)
            || bytes.len() as u64 > self.grain_bytes()
        {
            return Err(damaged("a grain has another size than it should"));
        }
        Ok(bytes)
    }
}

impl Content for Vmdk {
    fn read_at(&mut self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            let (number, within) = (offset / self.grain_bytes(), offset % self.grain_bytes());
            let length = buffer.len().min((self.grain_bytes() - within) as usize);
            let (now, rest) = buffer.split_at_mut(length);
            match self.entry(number)? {
                0 => now.fill(0),
                at => {
                    let grain = self.grain(number, at)?;
                    let piece = grain.get(within as usize..within as usize + length);
                    now.copy_from_slice(piece.ok_or(io::ErrorKind::UnexpectedEof)?);
                }
            }
            offset += length as u64;
            buffer = rest;
        }
        Ok(())
    }

    fn write_at(&mut self, _buffer: &[u8], _offset: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn extent_at(&mut self, offset: u64) -> io::Result<Extent> {
        let (number, within) = (offset / self.grain_bytes(), offset % self.grain_bytes());
        let table = (number / TABLE_ENTRIES) as usize;
        if self.directory.get(table).is_none_or(|at| *at == 0) {
            let end = (table as u64 + 1) * TABLE_ENTRIES * self.grain_bytes();
            return Ok(Extent { stored: Stored::Zeros, length: end - offset });
        }
        let stored = match self.entry(number)? {
            0 => Stored::Zeros,
            _ if self.header.compressed() => Stored::Compressed,
            _ => Stored::Plain,
        };
        Ok(Extent { stored, length: self.grain_bytes() - within })
    }
}

/// The text that describes the disk must not lead to another file.
fn check_descriptor(source: &Source, (at, length): (u64, u64)) -> io::Result<()> {
    let length = length.saturating_mul(SECTOR);
    if at == 0 || length == 0 {
        return Ok(());
    }
    if length > LONGEST_DESCRIPTOR {
        return Err(damaged("its descriptor is too long"));
    }
    let bytes = source.bytes(length, place(at)?)?;
    let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(key));
        line.and_then(|rest| rest.trim_start().strip_prefix('='))
            .map(|value| value.trim_matches(['"', ' ', '\t', '\r', '\0']).to_owned())
    };
    if value("parentcid").is_some_and(|parent| parent != "ffffffff")
        || value("parentfilenamehint").is_some()
    {
        return Err(damaged("it contains only the differences from another disk"));
    }
    Ok(())
}

/// A place in bytes.
fn place(sector: u64) -> io::Result<u64> {
    sector.checked_mul(SECTOR).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|word| le32(word, 0)).collect()
}

fn damaged(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
