//! A state file from what is known of an environment whose own is lost.

use crate::error::Error;
use crate::event::Reporter;
use crate::state::book::Book;
use crate::state::{DiskRecord, StateFile};
use bosh_cpi::{DiskCid, MiB, VmCid};
use std::path::Path;

/// Writes a state file that knows this VM and this persistent disk. The next `create` makes another
/// VM, attaches the disk to it, and moves its data to one whose size is known; the stemcell is
/// uploaded again.
///
/// # Errors
/// `Refused` where a state file is there; an empty CID.
pub fn import(
    path: &Path,
    vm: Option<&str>,
    disk: Option<&str>,
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    let there = StateFile::open(path)?.load()?.is_some();
    if there {
        return Err(Error::Refused(format!(
            "{}: a state file is there already; move it away first",
            path.display()
        )));
    }
    if vm.is_none() && disk.is_none() {
        return Err(Error::Refused("neither a VM nor a disk is named".to_owned()));
    }
    let empty = |what: &str| Error::Refused(format!("the {what} CID must not be empty"));
    let vm = vm.map(VmCid::new).transpose().map_err(|_| empty("VM"))?;
    let disk = disk.map(DiskCid::new).transpose().map_err(|_| empty("disk"))?;
    let mut book = Book::open_or_create(path, path, reporter)?;
    book.state.current_vm_cid = vm;
    if let Some(cid) = disk {
        let record = DiskRecord::new(cid, MiB(0), serde_json::Map::new());
        book.state.current_disk_id = Some(record.id.clone());
        book.state.disks.push(record);
    }
    Ok(book.save()?)
}
