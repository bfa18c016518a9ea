//! What is on a disk: its partitions, and where the root filesystem with the agent is.

use crate::agent;
use crate::disk::Disk;
use crate::error::StemcellError;
use crate::ext4::{self, Reader};
use crate::filesystem::Filesystem;
use crate::overlay::Overlay;
use crate::partition::{Partition, PartitionTable};
use std::path::Path;

/// The partition with the agent, opened.
pub(crate) struct Root {
    pub(crate) partition: Partition,
    pub(crate) overlay: Overlay,
}

/// Reads the partition table.
pub(crate) fn table(disk: &mut Disk, path: &Path) -> Result<PartitionTable, StemcellError> {
    PartitionTable::read(disk).map_err(|error| match error.raw_os_error() {
        Some(_) => StemcellError::file("read", path)(error),
        None => StemcellError::decoding(&disk.format().to_string(), &error),
    })
}

/// The first ext4 partition on which an agent is, in the order of the table. `reopen` opens the
/// disk anew for each that is tried.
///
/// # Errors
/// `Filesystem` with what each partition is, where there is none.
pub(crate) fn root(
    table: &PartitionTable,
    reopen: impl Fn() -> Result<Disk, StemcellError>,
) -> Result<Root, StemcellError> {
    let mut reasons = Vec::new();
    for partition in &table.partitions {
        let reason = match partition.filesystem {
            Some(Filesystem::Ext) => {
                let overlay = Overlay::new(reopen()?, partition.start, partition.size);
                match has_agent(&overlay) {
                    Ok(true) => {
                        return Ok(Root { partition: partition.clone(), overlay });
                    }
                    Ok(false) => format!("{partition} (ext4): no BOSH agent found"),
                    Err(why) => format!("{partition} (ext4) cannot be read: {why}"),
                }
            }
            Some(other) => match other.why_not_patched() {
                Some(why) => format!("{partition} ({other}): {why}"),
                None => format!("{partition} ({other})"),
            },
            None => format!("{partition}: unknown filesystem"),
        };
        reasons.push(reason);
    }
    if reasons.is_empty() {
        reasons.push("no partitions found".to_owned());
    }
    Err(StemcellError::Filesystem {
        place: format!("this disk ({})", table.label),
        reason: reasons.join("; "),
    })
}

/// Whether an agent is on an ext4 filesystem. A journal that was not closed is replayed for
/// that, in memory: what the filesystem looks like without it is not what a guest would see.
fn has_agent(overlay: &Overlay) -> Result<bool, String> {
    ext4::recover(overlay)?;
    Reader::open(overlay)?.has_directory(agent::DIRECTORY)
}
