//! An image made to work on CloudStack: its agent.json is replaced where it is, and a service is
//! added, without root, mount or loop device.

use crate::agent::{self, AgentSettings};
use crate::data_server::{self, ImageFile};
use crate::disk::{Access, Disk};
use crate::error::StemcellError;
use crate::ext4::{self, Reader, Seen};
use crate::layout::{self, Root};
use std::path::Path;

/// What a patch did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patched {
    /// The partition, as Linux numbers it; 0 for the whole disk.
    pub partition: u32,
    /// The path of agent.json, without symbolic links in it.
    pub file: String,
    /// What was in it; `None` where it did not exist.
    pub before: Option<String>,
    /// What is in it now.
    pub after: String,
    /// The paths of the files that keep the virtual router's address known. Empty where the
    /// agent.json is the caller's own, or the image has no systemd.
    pub services: Vec<String>,
    /// How many bytes of the disk were written; 0 where all was as it should be.
    pub written: u64,
}

/// A file as it is to be, and as it was.
struct Change {
    path: String,
    old: Option<Seen>,
    content: Vec<u8>,
}

impl Change {
    fn find(reader: &Reader, path: String, content: Vec<u8>) -> Result<Self, String> {
        let old = reader.file(&path)?;
        Ok(Self { path, old, content })
    }

    fn is_needed(&self) -> bool {
        self.old.as_ref().is_none_or(|old| old.content != self.content)
    }

    /// What a reader must find afterwards.
    fn expected(&self) -> Seen {
        let (mode, owner) = match &self.old {
            Some(old) => (old.mode, old.owner),
            None => (REGULAR_FILE, (0, 0)),
        };
        Seen { content: self.content.clone(), mode, owner }
    }
}

/// Permissions of a new file.
const REGULAR_FILE: u16 = 0o644;

/// Writes agent.json into the image at `path`, which is qcow2 or raw, in place; and with
/// [`AgentSettings::CloudStack`] a service that keeps the virtual router's address known.
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
    let failed =
        |reason: String| StemcellError::Filesystem { place: root.partition.to_string(), reason };
    sound(&root).map_err(failed)?;
    let reader = Reader::open(&root.overlay).map_err(failed)?;
    let agent = agent_json(&reader, settings, failed)?;
    let services = match settings {
        AgentSettings::CloudStack => services(&reader).map_err(failed)?,
        AgentSettings::Own(_) => Vec::new(),
    };
    drop(reader);
    let mut patched = Patched {
        partition: root.partition.number,
        file: agent.path.clone(),
        before: agent.old.as_ref().map(|seen| lossy(&seen.content)),
        after: lossy(&agent.content),
        services: services.iter().map(|change| change.path.clone()).collect(),
        written: 0,
    };
    let mut changes = services;
    changes.push(agent);
    changes.retain(Change::is_needed);
    if changes.is_empty() {
        return Ok(patched);
    }
    let files: Vec<_> =
        changes.iter().map(|change| (change.path.as_str(), change.content.as_slice())).collect();
    ext4::write(&root.overlay, &files).map_err(failed)?;
    verify(&root, &changes).map_err(StemcellError::Unverified)?;
    patched.written = root.overlay.changed();
    root.overlay.commit().map_err(StemcellError::file("write", path))?;
    drop(root);
    reread(path, &changes)?;
    Ok(patched)
}

/// agent.json with the settings.
fn agent_json(
    reader: &Reader,
    settings: &AgentSettings,
    failed: impl Fn(String) -> StemcellError,
) -> Result<Change, StemcellError> {
    let named = format!("{}/{}", agent::DIRECTORY, agent::FILE);
    let old = reader.file(&named).map_err(&failed)?;
    let content = settings.content(old.as_ref().map(|seen| seen.content.as_slice()))?;
    let path = match old {
        Some(_) => reader.resolve(&named).map_err(&failed)?,
        None => {
            let directory = reader.resolve(agent::DIRECTORY).map_err(&failed)?;
            format!("{directory}/{}", agent::FILE)
        }
    };
    Ok(Change { path, old, content })
}

/// The service that keeps the virtual router's address known, where there is a systemd to run it.
fn services(reader: &Reader) -> Result<Vec<Change>, String> {
    if !reader.has_directory(data_server::UNITS)? {
        return Ok(Vec::new());
    }
    let change = |file: ImageFile| {
        let parent = reader.resolve(file.parent)?;
        let directory = match file.below {
            Some(below) => format!("{parent}/{below}"),
            None => parent,
        };
        Change::find(reader, format!("{directory}/{}", file.name), file.content)
    };
    data_server::files().into_iter().map(change).collect()
}

fn open_root(path: &Path) -> Result<Root, StemcellError> {
    let mut disk = Disk::open(path, Access::ReadWrite)?;
    if !disk.format().is_patchable() {
        return Err(StemcellError::unsupported(
            disk.format(),
            "only qcow2 and raw images are patched; convert it first",
        ));
    }
    let table = layout::table(&mut disk, path)?;
    drop(disk);
    layout::root(&table, || Disk::open(path, Access::ReadWrite))
}

/// The independent reader finds what was to be written, on a filesystem that needs no recovery.
fn verify(root: &Root, changes: &[Change]) -> Result<(), String> {
    sound(root)?;
    if ext4::needs_recovery(&root.overlay)? {
        return Err("its journal was not closed".to_owned());
    }
    let reader = Reader::open(&root.overlay)?;
    changes.iter().try_for_each(|change| {
        let (path, expected) = (&change.path, change.expected());
        match reader.file(path)? {
            Some(seen) if seen == expected => Ok(()),
            Some(seen) if seen.content == expected.content => Err(format!(
                "{path} has mode {:o} of {:?} instead of {:o} of {:?}",
                seen.mode, seen.owner, expected.mode, expected.owner
            )),
            Some(_) => Err(format!("{path} has another content")),
            None => Err(format!("{path} was not found")),
        }
    })
}

/// From a freshly opened image: what was committed is what is there.
fn reread(path: &Path, changes: &[Change]) -> Result<(), StemcellError> {
    let mut disk = Disk::open(path, Access::ReadOnly)?;
    let table = layout::table(&mut disk, path)?;
    drop(disk);
    let root = layout::root(&table, || Disk::open(path, Access::ReadOnly))?;
    if root.overlay.changed() > 0 {
        let reason = "its journal was not closed".to_owned();
        return Err(StemcellError::Unverified(reason));
    }
    verify(&root, changes).map_err(StemcellError::Unverified)
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
