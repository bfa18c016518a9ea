//! Tar archives: recognised by their first header, and read with bounded memory.

use crate::error::StemcellError;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::rc::Rc;

/// The size of a header.
const HEADER: usize = 512;

/// Whether a stream starts with a tar header: by its checksum, which the oldest tars have too.
pub(crate) fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..HEADER) else {
        return false;
    };
    let field = &header[148..156];
    let digits: Vec<u8> = field.iter().copied().filter(|byte| byte.is_ascii_digit()).collect();
    let Some(promised) =
        std::str::from_utf8(&digits).ok().and_then(|text| u64::from_str_radix(text, 8).ok())
    else {
        return false;
    };
    // The field itself counts as blanks.
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    let of_field: u64 = field.iter().map(|byte| u64::from(*byte)).sum();
    header[0] != 0 && promised == sum - of_field + 8 * u64::from(b' ')
}

/// Whether it is an OVA: a tar whose first file is the OVF, as that format demands.
pub(crate) fn is_ova(head: &[u8]) -> bool {
    let name = head.get(..100).unwrap_or_default();
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    is_tar(head) && name[..end].to_ascii_lowercase().ends_with(b".ovf")
}

/// What describes one entry may take so much: long names, pax records and the map of a sparse
/// file, all of which the tar crate reads into memory.
const MOST_DESCRIPTION: u64 = 1 << 20;

/// Calls `each` with every file of an archive, sparse ones too, and its name without `./`. None
/// may be larger than `limit`, and none is described at more length than 1 MiB.
pub(crate) fn for_each_file<'a>(
    source: impl Read + 'a,
    limit: u64,
    failed: impl Fn(&io::Error) -> StemcellError,
    mut each: impl FnMut(&mut dyn Read, u64, &str) -> Result<(), StemcellError>,
) -> Result<(), StemcellError> {
    let allowance = Rc::new(Cell::new(MOST_DESCRIPTION));
    let mut archive = tar::Archive::new(Allowed { source, left: Rc::clone(&allowance) });
    for entry in archive.entries().map_err(|error| failed(&error))? {
        let mut entry = entry.map_err(|error| failed(&error))?;
        if entry.size() > limit {
            return Err(StemcellError::TooLarge { limit });
        }
        allowance.set(u64::MAX);
        let kind = entry.header().entry_type();
        if kind.is_file() || kind.is_gnu_sparse() || kind.is_contiguous() {
            let path = entry.path().map_err(|error| failed(&error))?;
            let name = path.display().to_string();
            let size = entry.size();
            each(&mut entry, size, name.trim_start_matches("./"))?;
        }
        // What is left of the content must not count as description of the next entry.
        io::copy(&mut entry, &mut io::sink()).map_err(|error| failed(&error))?;
        allowance.set(MOST_DESCRIPTION);
    }
    Ok(())
}

/// Where in an archive a file is whose name fits: an archive that can be searched without reading
/// it all. `Err` with a sentence where there is none or more than one.
pub(crate) fn find_file(
    archive: &File,
    fits: impl Fn(&str) -> bool,
) -> io::Result<Result<Range<u64>, &'static str>> {
    let allowance = Rc::new(Cell::new(MOST_DESCRIPTION));
    let mut archive = tar::Archive::new(Allowed { source: archive, left: Rc::clone(&allowance) });
    let mut found = None;
    for entry in archive.entries_with_seek()? {
        let entry = entry?;
        allowance.set(MOST_DESCRIPTION);
        if !entry.header().entry_type().is_file() || !fits(&entry.path()?.to_string_lossy()) {
            continue;
        }
        let start = entry.raw_file_position();
        if found.is_some() {
            return Ok(Err("it contains more than one disk"));
        }
        found = Some(start..start.saturating_add(entry.size()));
    }
    Ok(found.ok_or("it contains no disk"))
}

/// A source of which only so many bytes may be read.
struct Allowed<R> {
    source: R,
    left: Rc<Cell<u64>>,
}

impl<R: Seek> Seek for Allowed<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}

impl<R: Read> Read for Allowed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 && !buffer.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the name and attributes of an entry take more than 1 MiB",
            ));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.source.read(&mut buffer[..most])?;
        self.left.set(left - count as u64);
        Ok(count)
    }
}
