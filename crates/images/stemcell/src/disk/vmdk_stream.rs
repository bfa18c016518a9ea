//! A stream-optimised VMDK, written from front to back: what an OVA contains.

use super::vmdk::{AT_END, COMPRESSED, MARKERS, SECTOR, TABLE_ENTRIES};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::{self, Write};

/// Sectors of a grain, as VMware has them: 64 KiB.
const GRAIN: u64 = 128;
/// Where the first grain is; before it are header and descriptor.
const OVERHEAD: u64 = 128;
/// Sectors that are kept for the descriptor.
const DESCRIPTOR: u64 = 20;
/// The bytes of a grain.
const GRAIN_BYTES: u64 = GRAIN * SECTOR;

/// What a marker stands before.
#[derive(Debug, Clone, Copy)]
enum Marker {
    EndOfStream = 0,
    Table = 1,
    Directory = 2,
    Footer = 3,
}

/// A VMDK that is being written.
pub(crate) struct StreamWriter<W> {
    output: W,
    /// The size of the disk in bytes.
    size: u64,
    /// Where the next part goes, in sectors.
    next: u64,
    /// Where each grain table is.
    directory: Vec<u32>,
    /// The table that is being filled, and its number.
    table: Option<(u64, Vec<u32>)>,
    /// The grain that is being filled, and its number.
    grain: Option<(u64, Vec<u8>)>,
}

impl<W: Write> StreamWriter<W> {
    /// Begins a disk of `size` bytes.
    pub(crate) fn new(mut output: W, size: u64, id: u32) -> io::Result<Self> {
        let capacity = size.div_ceil(SECTOR);
        let tables = capacity.div_ceil(GRAIN * TABLE_ENTRIES);
        let mut start = header(capacity, AT_END).to_vec();
        start.extend(descriptor(capacity, id).into_bytes());
        start.resize((OVERHEAD * SECTOR) as usize, 0);
        output.write_all(&start)?;
        let directory = vec![0; tables as usize];
        Ok(Self { output, size, next: OVERHEAD, directory, table: None, grain: None })
    }

    /// Writes data; each offset is not before the end of the data that was written before.
    pub(crate) fn write_at(&mut self, mut data: &[u8], mut offset: u64) -> io::Result<()> {
        while !data.is_empty() {
            let (number, within) = (offset / GRAIN_BYTES, (offset % GRAIN_BYTES) as usize);
            if self.grain.as_ref().is_some_and(|(open, _)| *open != number) {
                self.close_grain()?;
            }
            let length = data.len().min(GRAIN_BYTES as usize - within);
            let (now, rest) = data.split_at(length);
            let grain = self.grain.get_or_insert_with(|| (number, vec![0; GRAIN_BYTES as usize]));
            grain.1[within..within + length].copy_from_slice(now);
            offset += length as u64;
            data = rest;
        }
        Ok(())
    }

    fn close_grain(&mut self) -> io::Result<()> {
        let Some((number, data)) = self.grain.take() else { return Ok(()) };
        let table = number / TABLE_ENTRIES;
        if self.table.as_ref().is_some_and(|(open, _)| *open != table) {
            self.close_table()?;
        }
        let at = u32::try_from(self.next).map_err(io::Error::other)?;
        let (_, entries) =
            self.table.get_or_insert_with(|| (table, vec![0; TABLE_ENTRIES as usize]));
        entries[(number % TABLE_ENTRIES) as usize] = at;
        let mut grain = (number * GRAIN).to_le_bytes().to_vec();
        grain.extend([0; 4]);
        let mut encoder = ZlibEncoder::new(grain, Compression::default());
        encoder.write_all(&data)?;
        let mut grain = encoder.finish()?;
        let length = u32::try_from(grain.len() - 12).map_err(io::Error::other)?;
        grain[8..12].copy_from_slice(&length.to_le_bytes());
        self.put(grain)
    }

    /// Writes what describes the grains; the output, flushed.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.close_grain()?;
        self.close_table()?;
        let mut directory: Vec<u8> =
            self.directory.iter().flat_map(|at| at.to_le_bytes()).collect();
        directory.resize(directory.len().next_multiple_of(SECTOR as usize), 0);
        self.marker(Marker::Directory, directory.len() as u64 / SECTOR)?;
        let at = self.next;
        self.put(directory)?;
        self.marker(Marker::Footer, 1)?;
        self.put(header(self.size.div_ceil(SECTOR), at).to_vec())?;
        self.marker(Marker::EndOfStream, 0)?;
        self.output.flush()?;
        Ok(self.output)
    }

    fn close_table(&mut self) -> io::Result<()> {
        let Some((number, entries)) = self.table.take() else { return Ok(()) };
        self.marker(Marker::Table, TABLE_ENTRIES * 4 / SECTOR)?;
        self.directory[number as usize] = u32::try_from(self.next).map_err(io::Error::other)?;
        self.put(entries.iter().flat_map(|at| at.to_le_bytes()).collect())
    }

    /// A sector that tells what follows, and of how many sectors it is.
    fn marker(&mut self, kind: Marker, sectors: u64) -> io::Result<()> {
        let mut marker = sectors.to_le_bytes().to_vec();
        marker.extend([0; 4]);
        marker.extend((kind as u32).to_le_bytes());
        self.put(marker)
    }

    /// Writes whole sectors.
    fn put(&mut self, mut bytes: Vec<u8>) -> io::Result<()> {
        bytes.resize(bytes.len().next_multiple_of(SECTOR as usize), 0);
        self.next += bytes.len() as u64 / SECTOR;
        self.output.write_all(&bytes)
    }
}

fn header(capacity: u64, directory: u64) -> [u8; SECTOR as usize] {
    /// Bit of the flags: the bytes that tell whether line ends were changed on the way are there.
    const NEWLINES: u32 = 1;
    let mut header = [0; SECTOR as usize];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"KDMV");
    put(4, &3_u32.to_le_bytes());
    put(8, &(NEWLINES | COMPRESSED | MARKERS).to_le_bytes());
    put(12, &capacity.to_le_bytes());
    put(20, &GRAIN.to_le_bytes());
    put(28, &1_u64.to_le_bytes());
    put(36, &DESCRIPTOR.to_le_bytes());
    put(44, &(TABLE_ENTRIES as u32).to_le_bytes());
    put(56, &directory.to_le_bytes());
    put(64, &OVERHEAD.to_le_bytes());
    put(73, b"\n \r\n");
    put(77, &1_u16.to_le_bytes());
    header
}

/// The text that describes the disk.
fn descriptor(capacity: u64, id: u32) -> String {
    // What VMware takes for an LSI Logic controller.
    let (heads, sectors) = (255, 63);
    let cylinders = (capacity / (heads * sectors)).min(65535);
    format!(
        "# Disk DescriptorFile\n\
         version=1\n\
         CID={id:08x}\n\
         parentCID=ffffffff\n\
         createType=\"streamOptimized\"\n\
         \n\
         # Extent description\n\
         RW {capacity} SPARSE \"disk.vmdk\"\n\
         \n\
         # The Disk Data Base\n\
         #DDB\n\
         \n\
         ddb.adapterType = \"lsilogic\"\n\
         ddb.geometry.cylinders = \"{cylinders}\"\n\
         ddb.geometry.heads = \"{heads}\"\n\
         ddb.geometry.sectors = \"{sectors}\"\n\
         ddb.virtualHWVersion = \"10\"\n"
    )
}
