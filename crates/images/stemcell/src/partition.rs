//! Partition tables, read only: MBR with its chain of logical partitions, and GPT.

use crate::disk::Disk;
use crate::filesystem::{Filesystem, HEAD};
use serde::Serialize;
use std::fmt;
use std::io;

const SECTOR: u64 = 512;

/// No sane table has more; a chain of logical partitions that runs in circles has.
const MOST: usize = 128;

/// How a disk is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// The table of the master boot record; `fdisk` calls it `dos`.
    Mbr,
    /// The GUID partition table.
    Gpt,
    /// No table: one filesystem takes the whole disk.
    Whole,
    /// Nothing that we know.
    Unknown,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mbr => "MBR",
            Self::Gpt => "GPT",
            Self::Whole => "no partition table",
            Self::Unknown => "no known partition table",
        })
    }
}

/// One partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Partition {
    /// As Linux numbers it, from 1; 0 for the whole disk.
    pub number: u32,
    /// Where it starts, in bytes.
    pub start: u64,
    /// Its size in bytes.
    pub size: u64,
    /// What is on it, where that is known.
    pub filesystem: Option<Filesystem>,
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            0 => f.write_str("the whole disk"),
            number => write!(f, "partition {number}"),
        }
    }
}

/// All partitions of a disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartitionTable {
    /// Which kind of table.
    pub label: Label,
    /// In the order of their numbers.
    pub partitions: Vec<Partition>,
}

impl PartitionTable {
    /// Reads the table of a disk. Entries that lie beyond its end are left out.
    pub(crate) fn read(disk: &mut Disk) -> io::Result<Self> {
        let mbr = sector(disk, 0)?;
        let filesystem = recognise(disk, 0, disk.size())?;
        let signed = mbr[510..] == [0x55, 0xaa];
        // A FAT boot sector has the same signature, and boot code where the table would be.
        let whole = filesystem.is_some() && !(signed && plausible(&mbr));
        let (label, found) = if whole {
            (Label::Whole, vec![(0, 0, disk.size())])
        } else if let Some(found) = gpt(disk)? {
            (Label::Gpt, found)
        } else if signed && plausible(&mbr) {
            (Label::Mbr, mbr_partitions(disk, &mbr)?)
        } else {
            (Label::Unknown, Vec::new())
        };
        let mut partitions = Vec::new();
        for (number, start, size) in found {
            let within = start.checked_add(size).is_some_and(|end| end <= disk.size());
            if size == 0 || !within {
                continue;
            }
            partitions.push(Partition {
                number,
                start,
                size,
                filesystem: recognise(disk, start, size)?,
            });
        }
        Ok(Self { label, partitions })
    }
}

fn recognise(disk: &mut Disk, start: u64, size: u64) -> io::Result<Option<Filesystem>> {
    let mut head = vec![0; HEAD.min(usize::try_from(size).unwrap_or(HEAD))];
    disk.read_at(&mut head, start)?;
    Ok(Filesystem::recognise(&head))
}

/// The sector at `offset` bytes; zeros beyond the end.
fn sector(disk: &mut Disk, offset: u64) -> io::Result<[u8; SECTOR as usize]> {
    let mut bytes = [0; SECTOR as usize];
    if offset.checked_add(SECTOR).is_some_and(|end| end <= disk.size()) {
        disk.read_at(&mut bytes, offset)?;
    }
    Ok(bytes)
}

/// Number, start and size, the latter in bytes.
type Entry = (u32, u64, u64);

/// Type, start and size of one of the four entries, the latter in sectors.
fn mbr_entry(sector: &[u8], index: usize) -> (u8, u64, u64) {
    let entry = &sector[446 + 16 * index..][..16];
    let word = |at: usize| u64::from(le32(&entry[at..]));
    (entry[4], word(8), word(12))
}

/// Whether the four entries could be a table: each is either in use or not, nothing else.
fn plausible(sector: &[u8]) -> bool {
    let flags = (0..4).all(|i| matches!(sector[446 + 16 * i], 0 | 0x80));
    flags && (0..4).any(|i| mbr_entry(sector, i).0 != 0)
}

fn mbr_partitions(disk: &mut Disk, mbr: &[u8]) -> io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    let mut extended = None;
    for index in 0..4 {
        match mbr_entry(mbr, index) {
            (0, ..) => {}
            (0x05 | 0x0f | 0x85, start, _) => extended = extended.or(Some(start)),
            (_, start, size) => {
                found.push((index as u32 + 1, start * SECTOR, size * SECTOR));
            }
        }
    }
    // Each link of the chain holds one logical partition and the place of the next link,
    // relative to the start of the extended partition.
    let mut link = extended;
    let mut number = 5;
    while let (Some(at), Some(base)) = (link, extended) {
        let record = sector(disk, at * SECTOR)?;
        if record[510..] != [0x55, 0xaa] || found.len() >= MOST || number > 4 + MOST as u32 {
            break;
        }
        let (kind, start, size) = mbr_entry(&record, 0);
        if kind != 0 {
            found.push((number, (at + start) * SECTOR, size * SECTOR));
        }
        number += 1;
        let (kind, next, _) = mbr_entry(&record, 1);
        link = (kind != 0 && next != 0).then_some(base + next);
    }
    Ok(found)
}

/// The partitions of a GPT; `None` where there is none. Its checksums are not looked at: we
/// only read, and what is on the partitions is verified for itself.
fn gpt(disk: &mut Disk) -> io::Result<Option<Vec<Entry>>> {
    let header = sector(disk, SECTOR)?;
    if !header.starts_with(b"EFI PART") {
        return Ok(None);
    }
    let table = le64(&header[72..]);
    let count = le32(&header[80..]).min(MOST as u32);
    let entry_size = u64::from(le32(&header[84..]));
    if !(128..=4096).contains(&entry_size) {
        return Ok(None);
    }
    let mut found = Vec::new();
    for index in 0..count {
        let offset = table
            .checked_mul(SECTOR)
            .and_then(|start| start.checked_add(u64::from(index) * entry_size));
        let Some(offset) = offset.filter(|o| o.checked_add(128).is_some_and(|e| e <= disk.size()))
        else {
            break;
        };
        let mut entry = [0; 128];
        disk.read_at(&mut entry, offset)?;
        let (first, last) = (le64(&entry[32..]), le64(&entry[40..]));
        if entry[..16] == [0; 16] || last < first || last >= u64::MAX / SECTOR {
            continue;
        }
        found.push((index + 1, first * SECTOR, (last - first + 1) * SECTOR));
    }
    Ok(Some(found))
}

fn le32(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).rev().fold(0, |sum, b| sum << 8 | u32::from(*b))
}

fn le64(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |sum, b| sum << 8 | u64::from(*b))
}
