//! VHD, after Microsoft's "Virtual Hard Disk Image Format Specification": dynamic ones read,
//! both kinds written. Numbers are big-endian, places are in sectors of 512 bytes.

use super::{Content, Extent, Stored};
use crate::error::StemcellError;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

const SECTOR: u64 = 512;
const UNUSED: u32 = u32::MAX;
/// What all tools write.
const BLOCK: u64 = 2 << 20;
/// Footer copy and header of a dynamic image.
const TABLE_AT: u64 = 512 + 1024;
/// The specification's limit: 2040 GiB.
pub(crate) const LARGEST: u64 = 2040 << 30;

/// A dynamic image, opened to be read.
struct Dynamic {
    file: File,
    /// Where each block is, in sectors.
    table: Vec<u32>,
    block: u64,
    /// Bytes of the bitmap before the data of a block.
    bitmap: u64,
}

pub(super) fn open(path: &Path) -> Result<(Box<dyn Content>, u64), StemcellError> {
    let file = crate::regular_file::open(path, false)?;
    let read = |length: usize, offset: u64| {
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, offset)
            .map_err(|error| StemcellError::decoding("VHD", &error))?;
        Ok::<_, StemcellError>(bytes)
    };
    let damaged = |reason: &str| StemcellError::Damaged {
        within: "VHD".to_owned(),
        reason: reason.to_owned(),
    };
    let footer = read(512, 0)?;
    if be32(&footer, 64) != sum(&footer, 64) {
        return Err(damaged("the checksum of its footer is wrong"));
    }
    let size = be64(&footer, 48);
    let header = read(1024, be64(&footer, 16))?;
    if !header.starts_with(b"cxsparse") || be32(&header, 36) != sum(&header, 36) {
        return Err(damaged("its header is invalid, or the checksum of it is wrong"));
    }
    let (entries, block) = (be32(&header, 28), u64::from(be32(&header, 32)));
    if !block.is_power_of_two() || !(SECTOR..=256 << 20).contains(&block) {
        return Err(damaged("the size of its blocks is invalid"));
    }
    if size > LARGEST || size.div_ceil(block) > u64::from(entries) || entries > 1 << 22 {
        return Err(damaged("its table does not fit its size"));
    }
    let bytes = read(entries as usize * 4, be64(&header, 16))?;
    let table: Vec<u32> = bytes.chunks_exact(4).map(|entry| be32(entry, 0)).collect();
    let bitmap = bitmap_size(block);
    if blocks_overlap(&table, bitmap + block) {
        return Err(damaged("its blocks overlap each other"));
    }
    let dynamic = Dynamic { file, table, block, bitmap };
    Ok((Box::new(dynamic), size))
}

/// Whether places of the disk share a part of the file: `each` block takes so many bytes.
fn blocks_overlap(table: &[u32], each: u64) -> bool {
    let mut starts: Vec<u32> = table.iter().copied().filter(|at| *at != UNUSED).collect();
    starts.sort_unstable();
    starts.windows(2).any(|pair| u64::from(pair[1] - pair[0]) * SECTOR < each)
}

impl Content for Dynamic {
    fn read_at(&mut self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            let within = offset % self.block;
            let length = buffer.len().min((self.block - within) as usize);
            let (now, rest) = buffer.split_at_mut(length);
            match self.table.get((offset / self.block) as usize) {
                None | Some(&UNUSED) => now.fill(0),
                Some(&at) => {
                    let start = u64::from(at) * SECTOR + self.bitmap;
                    self.file.read_exact_at(now, start + within)?;
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
        let stored = match self.table.get((offset / self.block) as usize) {
            Some(&UNUSED) | None => Stored::Zeros,
            Some(_) => Stored::Plain,
        };
        Ok(Extent { stored, length: self.block - offset % self.block })
    }
}

/// Writes a dynamic image, block after block; blocks of zeros take no room.
pub(crate) struct DynamicWriter {
    file: File,
    size: u64,
    table: Vec<u32>,
    /// Where the next block goes, in bytes.
    next: u64,
    id: [u8; 16],
}

impl DynamicWriter {
    /// Begins an image of `size` bytes in an empty file.
    pub(crate) fn new(file: File, size: u64, id: [u8; 16]) -> Self {
        let blocks = size.div_ceil(BLOCK) as usize;
        let table_size = (blocks as u64 * 4).next_multiple_of(SECTOR);
        Self { file, size, table: vec![UNUSED; blocks], next: TABLE_AT + table_size, id }
    }

    /// Writes data that does not cross the end of a block; in any order.
    pub(crate) fn write_at(&mut self, data: &[u8], offset: u64) -> io::Result<()> {
        let bitmap = bitmap_size(BLOCK);
        let index = (offset / BLOCK) as usize;
        if self.table[index] == UNUSED {
            self.table[index] = u32::try_from(self.next / SECTOR).map_err(io::Error::other)?;
            // All sectors of the block count as written: zeros that are not are still zeros.
            self.file.write_all_at(&vec![0xff; bitmap as usize], self.next)?;
            self.next += bitmap + BLOCK;
            self.file.set_len(self.next)?;
        }
        let start = u64::from(self.table[index]) * SECTOR + bitmap;
        self.file.write_all_at(data, start + offset % BLOCK)
    }

    /// Writes what describes the blocks.
    pub(crate) fn finish(self) -> io::Result<()> {
        let footer = footer(self.size, 3, TABLE_AT - 1024, self.id);
        let mut header = [0; 1024];
        header[..8].copy_from_slice(b"cxsparse");
        header[8..16].fill(0xff);
        header[16..24].copy_from_slice(&TABLE_AT.to_be_bytes());
        header[24..28].copy_from_slice(&0x1_0000_u32.to_be_bytes());
        header[28..32].copy_from_slice(&(self.table.len() as u32).to_be_bytes());
        header[32..36].copy_from_slice(&(BLOCK as u32).to_be_bytes());
        let checksum = sum(&header, 36);
        header[36..40].copy_from_slice(&checksum.to_be_bytes());
        let mut table: Vec<u8> = self.table.iter().flat_map(|at| at.to_be_bytes()).collect();
        table.resize(table.len().next_multiple_of(SECTOR as usize), 0xff);
        self.file.write_all_at(&footer, 0)?;
        self.file.write_all_at(&header, SECTOR)?;
        self.file.write_all_at(&table, TABLE_AT)?;
        self.file.write_all_at(&footer, self.next)?;
        self.file.sync_all()
    }
}

/// What follows the bytes of a disk of `size` bytes in a fixed image.
pub(crate) fn fixed_footer(size: u64, id: [u8; 16]) -> [u8; 512] {
    footer(size, 2, u64::MAX, id)
}

fn footer(size: u64, kind: u32, data_at: u64, id: [u8; 16]) -> [u8; 512] {
    let mut footer = [0; 512];
    let mut put = |at: usize, bytes: &[u8]| footer[at..at + bytes.len()].copy_from_slice(bytes);
    let (cylinders, heads, sectors) = geometry(size / SECTOR);
    put(0, b"conectix");
    put(8, &2_u32.to_be_bytes());
    put(12, &0x1_0000_u32.to_be_bytes());
    put(16, &data_at.to_be_bytes());
    // The creator whose images are of exactly the size they say; with an unknown one, readers
    // round down to cylinders.
    put(28, b"qem2");
    put(32, &0x5_0003_u32.to_be_bytes());
    put(36, b"Wi2k");
    put(40, &size.to_be_bytes());
    put(48, &size.to_be_bytes());
    put(56, &cylinders.to_be_bytes());
    put(58, &[heads, sectors]);
    put(60, &kind.to_be_bytes());
    put(68, &id);
    let checksum = sum(&footer, 64);
    footer[64..68].copy_from_slice(&checksum.to_be_bytes());
    footer
}

/// Cylinders, heads and sectors for a size in sectors: the algorithm in the specification's
/// appendix.
fn geometry(total: u64) -> (u16, u8, u8) {
    let total = total.min(65535 * 16 * 255);
    let (heads, sectors) = if total >= 65535 * 16 * 63 {
        (16, 255)
    } else {
        let heads = (total / 17).div_ceil(1024).max(4);
        match heads {
            _ if total / 17 < heads * 1024 && heads <= 16 => (heads, 17),
            _ if total / 31 < 16 * 1024 => (16, 31),
            _ => (16, 63),
        }
    };
    let cylinders = total / sectors / heads;
    (cylinders as u16, heads as u8, sectors as u8)
}

fn bitmap_size(block: u64) -> u64 {
    (block / SECTOR / 8).next_multiple_of(SECTOR)
}

/// The complement of the sum of all bytes but the four of the checksum.
fn sum(bytes: &[u8], checksum_at: usize) -> u32 {
    let all = bytes.iter().enumerate();
    let others = all.filter(|(at, _)| !(checksum_at..checksum_at + 4).contains(at));
    !others.fold(0_u32, |sum, (_, byte)| sum.wrapping_add(u32::from(*byte)))
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    let four = bytes[at..at + 4].iter();
    four.fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

fn be64(bytes: &[u8], at: usize) -> u64 {
    u64::from(be32(bytes, at)) << 32 | u64::from(be32(bytes, at + 4))
}
