//! VHDX, after Microsoft's MS-VHDX: images that were closed properly and have no parent are read.

use super::little_endian::{le16, le32, le64};
use super::{Content, Extent, Stored};
use crate::error::StemcellError;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Where the two headers are; the one with the larger number is valid.
const HEADERS: [u64; 2] = [64 << 10, 128 << 10];
/// Where the region tables are, which are the same.
const REGIONS: [u64; 2] = [192 << 10, 256 << 10];
/// The part of a header that is looked at.
const HEADER: usize = 80;
/// The size of a region table, and of a metadata table.
const TABLE: usize = 64 << 10;
const ENTRY: usize = 32;
/// The specification's limit: 64 TiB.
const LARGEST: u64 = 64 << 40;
/// Blocks are from 1 MiB to 256 MiB.
const BLOCKS: std::ops::RangeInclusive<u64> = (1 << 20)..=(256 << 20);

/// GUIDs as they stand in a file.
mod guid {
    pub(super) const BLOCK_TABLE: [u8; 16] =
        *b"\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08";
    pub(super) const METADATA: [u8; 16] =
        *b"\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e";
    pub(super) const FILE_PARAMETERS: [u8; 16] =
        *b"\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b";
    pub(super) const DISK_SIZE: [u8; 16] =
        *b"\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8";
    pub(super) const SECTOR_SIZE: [u8; 16] =
        *b"\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f";
}

/// An opened VHDX.
struct Vhdx {
    file: File,
    size: u64,
    block: u64,
    /// Where each block of the disk is, in bytes; 0 where it is not.
    blocks: Vec<u64>,
}

/// Opens a VHDX.
pub(super) fn open(path: &Path) -> Result<(Box<dyn Content>, u64), StemcellError> {
    let file = crate::regular_file::open(path, false)?;
    let vhdx = Vhdx::open(file).map_err(|error| StemcellError::decoding("VHDX", &error))?;
    let size = vhdx.size;
    Ok((Box::new(vhdx), size))
}

impl Vhdx {
    fn open(file: File) -> io::Result<Self> {
        check_log(&file)?;
        let regions = regions(&file)?;
        let (metadata_at, _) = region(&regions, &guid::METADATA)?;
        let metadata = read(&file, TABLE, metadata_at)?;
        let item = |id: &[u8; 16], length: usize| -> io::Result<Vec<u8>> {
            let offset = metadata_item(&metadata, id)?;
            read(&file, length, metadata_at + offset)
        };
        let parameters = item(&guid::FILE_PARAMETERS, 8)?;
        let (block, flags) = (u64::from(le32(&parameters, 0)), le32(&parameters, 4));
        let size = le64(&item(&guid::DISK_SIZE, 8)?, 0);
        let sector = u64::from(le32(&item(&guid::SECTOR_SIZE, 4)?, 0));
        if flags & 2 != 0 {
            return Err(damaged("it contains only the differences from another disk"));
        }
        if !BLOCKS.contains(&block) || !block.is_power_of_two() {
            return Err(damaged("the size of its blocks is invalid"));
        }
        if !matches!(sector, 512 | 4096) || size > LARGEST || !size.is_multiple_of(sector) {
            return Err(damaged("the size of its disk or of its sectors is invalid"));
        }
        let blocks = Self::blocks(&file, &regions, size.div_ceil(block), (sector << 23) / block)?;
        if overlap(&blocks, block) {
            return Err(damaged("its blocks overlap each other"));
        }
        Ok(Self { file, size, block, blocks })
    }

    /// Reads the block allocation table: after each `ratio` entries is one of a bitmap.
    fn blocks(file: &File, regions: &[u8], count: u64, ratio: u64) -> io::Result<Vec<u64>> {
        let (at, length) = region(regions, &guid::BLOCK_TABLE)?;
        let entries = count + count.saturating_sub(1) / ratio.max(1);
        if entries * 8 > u64::from(length) {
            return Err(damaged("its block table does not fit its size"));
        }
        let table = read(file, usize::try_from(entries * 8).map_err(io::Error::other)?, at)?;
        let entry = |number: u64| {
            let entry = le64(&table, ((number + number / ratio) * 8) as usize);
            match entry & 7 {
                6 => Ok(entry >> 20 << 20),
                0..=3 => Ok(0),
                _ => Err(damaged("a block is in an invalid state")),
            }
        };
        (0..count).map(entry).collect()
    }
}

impl Content for Vhdx {
    fn read_at(&mut self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            let within = offset % self.block;
            let length = buffer.len().min((self.block - within) as usize);
            let (now, rest) = buffer.split_at_mut(length);
            match self.blocks.get((offset / self.block) as usize) {
                None | Some(0) => now.fill(0),
                Some(at) => self.file.read_exact_at(now, at + within)?,
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
        let stored = match self.blocks.get((offset / self.block) as usize) {
            None | Some(0) => Stored::Zeros,
            Some(_) => Stored::Plain,
        };
        Ok(Extent { stored, length: self.block - offset % self.block })
    }
}

/// What was written last may be in the log only, where the image was not closed.
fn check_log(file: &File) -> io::Result<()> {
    let mut newest: Option<(u64, bool)> = None;
    for at in HEADERS {
        let header = read(file, HEADER, at)?;
        let number = le64(&header, 8);
        if header.starts_with(b"head") && newest.is_none_or(|(newest, _)| newest < number) {
            newest = Some((number, header[48..64].iter().any(|byte| *byte != 0)));
        }
    }
    match newest {
        None => Err(damaged("it has no valid header")),
        Some((_, true)) => Err(damaged("it was not closed properly")),
        Some((_, false)) => Ok(()),
    }
}

/// The first valid region table.
fn regions(file: &File) -> io::Result<Vec<u8>> {
    for at in REGIONS {
        let table = read(file, TABLE, at)?;
        if table.starts_with(b"regi") {
            return Ok(table);
        }
    }
    Err(damaged("it has no valid region table"))
}

/// Where a region is, and its length.
fn region(table: &[u8], id: &[u8; 16]) -> io::Result<(u64, u32)> {
    let mut entries = table[16..].chunks_exact(ENTRY).take(le32(table, 8) as usize);
    let entry = entries.find(|entry| entry.starts_with(id));
    let entry = entry.ok_or_else(|| damaged("a region is missing"))?;
    match (le64(entry, 16), le32(entry, 24)) {
        (at, length) if at < 1 << 62 => Ok((at, length)),
        _ => Err(damaged("a region is in an invalid place")),
    }
}

/// Where an item of the metadata is, from the start of their region.
fn metadata_item(table: &[u8], id: &[u8; 16]) -> io::Result<u64> {
    if !table.starts_with(b"metadata") {
        return Err(damaged("its metadata are invalid"));
    }
    let mut entries = table[ENTRY..].chunks_exact(ENTRY).take(usize::from(le16(table, 10)));
    let entry = entries.find(|entry| entry.starts_with(id));
    let entry = entry.ok_or_else(|| damaged("an item of its metadata is missing"))?;
    Ok(u64::from(le32(entry, 16)))
}

/// Whether places of the disk share a part of the file.
fn overlap(blocks: &[u64], block: u64) -> bool {
    let mut starts: Vec<u64> = blocks.iter().copied().filter(|at| *at != 0).collect();
    starts.sort_unstable();
    starts.windows(2).any(|pair| pair[1] - pair[0] < block)
}

fn read(file: &File, length: usize, offset: u64) -> io::Result<Vec<u8>> {
    if length as u64 > file.metadata()?.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(bytes)
}

fn damaged(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
