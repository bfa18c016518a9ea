//! An image made to work on CloudStack: its agent.json is replaced where it is, without root,
//! mount or loop device.

use crate::agent::{self, AgentSettings};
use crate::disk::{Access, Disk};
use crate::error::StemcellError;
use crate::ext4::{self, Reader, Seen};
use crate::format::ImageFormat;
use crate::layout::{self, Root};
use std::path::Path;

/// What a patch did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patched {
    /// The partition, as Linux numbers it; 0 for the whole disk.
    pub partition: u32,
    /// The file, without symbolic links in its path.
    pub file: String,
    /// What was in it; `None` where it was not there.
    pub before: Option<String>,
    /// What is in it now.
    pub after: String,
    /// How many bytes of the disk were written; 0 where all was as it should be.
    pub written: u64,
}

/// Writes agent.json into the image at `path`, which is qcow2 or raw, in place.
///
/// All changes are made in memory first and read by a second implementation of ext4; then they
/// are written, and read again. Only a crash between the first and the last write can leave the
/// image damaged, so work on a copy that is thrown away then.
///
/// # Errors
/// `Unsupported` or `Filesystem` with the reason; the image is as it was. `Unverified` where
/// the readers disagree.
pub fn patch(path: &Path, settings: &AgentSettings) -> Result<Patched, StemcellError> {
    let root = open_root(path)?;
    let trouble =
        |reason: String| StemcellError::Filesystem { place: root.partition.to_string(), reason };
    sound(&root).map_err(trouble)?;
    let reader = Reader::open(&root.overlay).map_err(trouble)?;
    let named = format!("{}/{}", agent::DIRECTORY, agent::FILE);
    let old = reader.file(&named).map_err(trouble)?;
    let content = settings.content(old.as_ref().map(|seen| seen.content.as_slice()))?;
    let file = match old {
        Some(_) => reader.resolve(&named).map_err(trouble)?,
        None => {
            let directory = reader.resolve(agent::DIRECTORY).map_err(trouble)?;
            format!("{directory}/{}", agent::FILE)
        }
    };
    drop(reader);
    let mut patched = Patched {
        partition: root.partition.number,
        file,
        before: old.as_ref().map(|seen| lossy(&seen.content)),
        after: lossy(&content),
        written: 0,
    };
    if old.as_ref().is_some_and(|seen| seen.content == content) {
        return Ok(patched);
    }
    let (directory, name) = patched.file.rsplit_once('/').unwrap_or_default();
    ext4::write(&root.overlay, directory, name, &content).map_err(trouble)?;
    let expected = expected(old, content);
    verify(&root, &patched.file, &expected).map_err(StemcellError::Unverified)?;
    patched.written = root.overlay.changed();
    root.overlay.commit().map_err(StemcellError::file("write", path))?;
    drop(root);
    reread(path, &patched.file, &expected)?;
    Ok(patched)
}

fn open_root(path: &Path) -> Result<Root, StemcellError> {
    let mut disk = Disk::open(path, Access::ReadWrite)?;
    if !matches!(disk.format(), ImageFormat::Qcow2 | ImageFormat::Raw) {
        return Err(StemcellError::unsupported(
            disk.format(),
            "only qcow2 and raw images are patched",
        ));
    }
    let table = layout::table(&mut disk, path)?;
    drop(disk);
    layout::root(&table, || Disk::open(path, Access::ReadWrite))
}

fn expected(old: Option<Seen>, content: Vec<u8>) -> Seen {
    match old {
        Some(seen) => Seen { content, ..seen },
        None => Seen { content, mode: 0o644, owner: (0, 0) },
    }
}

/// The independent reader finds what was to be written, on a filesystem that needs no recovery.
fn verify(root: &Root, file: &str, expected: &Seen) -> Result<(), String> {
    sound(root)?;
    if ext4::needs_recovery(&root.overlay)? {
        return Err("its journal was not closed".to_owned());
    }
    let seen = Reader::open(&root.overlay)?.file(file)?;
    match seen {
        Some(seen) if seen == *expected => Ok(()),
        Some(seen) if seen.content == expected.content => Err(format!(
            "{file} has mode {:o} of {:?} instead of {:o} of {:?}",
            seen.mode, seen.owner, expected.mode, expected.owner
        )),
        Some(_) => Err(format!("{file} has another content")),
        None => Err(format!("{file} is not there")),
    }
}

/// From a freshly opened image: what was committed is what is there.
fn reread(path: &Path, file: &str, expected: &Seen) -> Result<(), StemcellError> {
    let mut disk = Disk::open(path, Access::ReadOnly)?;
    let table = layout::table(&mut disk, path)?;
    drop(disk);
    let root = layout::root(&table, || Disk::open(path, Access::ReadOnly))?;
    if root.overlay.changed() > 0 {
        let reason = "its journal was not closed".to_owned();
        return Err(StemcellError::Unverified(reason));
    }
    verify(&root, file, expected).map_err(StemcellError::Unverified)
}

fn sound(root: &Root) -> Result<(), String> {
    match ext4::has_errors(&root.overlay)? {
        true => Err("it is marked as having errors; repair it with `e2fsck -f`".to_owned()),
        false => Ok(()),
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
