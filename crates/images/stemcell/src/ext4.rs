//! Files on an ext4 filesystem: read by one crate, written by another. Neither knows of the
//! other, so that the reader can tell whether the writer did well.

use crate::overlay::Overlay;
use ext4_view::Ext4 as View;
use rsext4::{
    BlockIo, DeviceCapabilities, DeviceGeometry, Ext4 as Mounted, Ext4Error, Ext4Result,
    Ext4Timestamp, FileName, FilePermissions, InodeInfo, MountOptions, MountServices,
    MountedServices, MutationContext, NoopObserver, SectorId,
};
use std::time::{SystemTime, UNIX_EPOCH};

/// Files that are larger than this are not agent settings.
const LARGEST: u64 = 1 << 20;

/// A file as the reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Its content.
    pub(crate) content: Vec<u8>,
    /// Permissions, without the type.
    pub(crate) mode: u16,
    /// Owner and group.
    pub(crate) owner: (u32, u32),
}

/// A filesystem, opened to be read. A journal that was not replayed is taken into account.
pub(crate) struct Reader(View);

impl Reader {
    /// # Errors
    /// In words: damaged, or with features that the reader does not know.
    pub(crate) fn open(overlay: &Overlay) -> Result<Self, String> {
        let source = Source(overlay.clone());
        View::load(Box::new(source)).map(Self).map_err(|error| explain(overlay, error))
    }

    /// The file at `path`; `None` where there is none.
    pub(crate) fn file(&self, path: &str) -> Result<Option<Seen>, String> {
        let metadata = match self.0.metadata(path) {
            Ok(metadata) => metadata,
            Err(ext4_view::Ext4Error::NotFound | ext4_view::Ext4Error::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(format!("{path}: {error}")),
        };
        if !metadata.file_type().is_regular_file() || metadata.len() > LARGEST {
            return Err(format!("{path} must be a file of at most 1 MiB"));
        }
        let content = self.0.read(path).map_err(|e| format!("{path}: {e}"))?;
        Ok(Some(Seen { content, mode: metadata.mode(), owner: (metadata.uid(), metadata.gid()) }))
    }

    /// Whether there is a directory at `path`.
    pub(crate) fn has_directory(&self, path: &str) -> Result<bool, String> {
        use ext4_view::Ext4Error::{NotADirectory, NotFound};
        match self.0.metadata(path) {
            Ok(metadata) => Ok(metadata.is_dir()),
            Err(NotFound | NotADirectory) => Ok(false),
            Err(error) => Err(format!("{path}: {error}")),
        }
    }

    /// Whether there is a file at `path`.
    pub(crate) fn has_file(&self, path: &str) -> bool {
        let metadata = self.0.metadata(path);
        metadata.is_ok_and(|metadata| metadata.file_type().is_regular_file())
    }

    /// `path` without symbolic links in it.
    pub(crate) fn resolve(&self, path: &str) -> Result<String, String> {
        let resolved = self.0.canonicalize(path).map_err(|error| format!("{path}: {error}"))?;
        let text = resolved.to_str().map_err(|_| format!("{path} is not valid UTF-8"))?;
        Ok(text.to_owned())
    }
}

fn explain(overlay: &Overlay, error: ext4_view::Ext4Error) -> String {
    match overlay.take_error() {
        Some(below) => below.to_string(),
        None => error.to_string(),
    }
}

struct Source(Overlay);

impl ext4_view::Ext4Read for Source {
    fn read(
        &mut self,
        start: u64,
        buffer: &mut [u8],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.read_at(buffer, start).map_err(Into::into)
    }
}

/// Replays a journal that was not closed, in the overlay only, as mounting would.
pub(crate) fn recover(overlay: &Overlay) -> Result<(), String> {
    match needs_recovery(overlay)? {
        true => with_mounted(overlay, |_| Ok(())),
        false => Ok(()),
    }
}

/// Whether a journal was not closed.
pub(crate) fn needs_recovery(overlay: &Overlay) -> Result<bool, String> {
    let incompatible: [u8; 4] = superblock(overlay, 0x60)?;
    Ok(u32::from_le_bytes(incompatible) & 4 != 0)
}

/// Whether the filesystem says of itself that it has errors: writing could make them worse.
pub(crate) fn has_errors(overlay: &Overlay) -> Result<bool, String> {
    let state: [u8; 2] = superblock(overlay, 0x3a)?;
    Ok(u16::from_le_bytes(state) & 2 != 0)
}

fn superblock<const N: usize>(overlay: &Overlay, field: u64) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    let read = overlay.read_at(&mut bytes, 1024 + field);
    read.map(|()| bytes).map_err(|error| error.to_string())
}

/// Writes files, by their absolute paths without symbolic links, in the overlay only. A file that
/// exists keeps its owner and permissions; a new one is root's, and so are directories that are
/// missing on the way to it.
pub(crate) fn write(overlay: &Overlay, files: &[(&str, &[u8])]) -> Result<(), String> {
    with_mounted(overlay, |mounted| {
        files.iter().try_for_each(|(path, content)| replace(mounted, path, content))
    })
}

fn with_mounted(
    overlay: &Overlay,
    act: impl FnOnce(&mut Writer) -> Ext4Result<()>,
) -> Result<(), String> {
    let services = MountServices::new(WallClock, (), NoopObserver);
    let device = Device(overlay.clone());
    let outcome =
        Mounted::mount(device, services, MountOptions::read_write()).and_then(|mut mounted| {
            act(&mut mounted)?;
            mounted.sync()?;
            mounted.unmount()
        });
    outcome.map_err(|error| match overlay.take_error() {
        Some(below) => below.to_string(),
        None => in_words(error),
    })
}

type Writer = Mounted<Device, MountedServices<(), NoopObserver>>;

fn replace(fs: &mut Writer, path: &str, content: &[u8]) -> Ext4Result<()> {
    let root = || MutationContext::new(0, 0, 0, 0);
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut parent = fs.root_inode();
    for part in directory.split('/').filter(|part| !part.is_empty()) {
        parent = match child(fs, parent, part)? {
            Some(there) => there.number,
            None => {
                let (name, mode) = (FileName::new(part.as_bytes())?, FilePermissions::new(0o755)?);
                fs.create_directory(root(), parent, name, mode)?.number
            }
        };
    }
    let file = match child(fs, parent, name)? {
        Some(there) => there.number,
        None => {
            let (name, mode) = (FileName::new(name.as_bytes())?, FilePermissions::new(0o644)?);
            fs.create_regular_file(root(), parent, name, mode)?.number
        }
    };
    fs.truncate_inode(file, 0)?;
    fs.write_inode(file, 0, content)
}

fn child(
    fs: &mut Writer,
    parent: rsext4::InodeNumber,
    name: &str,
) -> Ext4Result<Option<InodeInfo>> {
    fs.lookup_child(parent, FileName::new(name.as_bytes())?)
}

fn in_words(error: Ext4Error) -> String {
    use rsext4::Ext4ErrorKind as Kind;
    let advice = match error.kind() {
        Kind::UnsupportedFeature => {
            "it has a feature that we cannot write; make it with plain `mke2fs -t ext4`"
        }
        Kind::Corrupted | Kind::ChecksumMismatch | Kind::BadSuperblock | Kind::JournalAborted => {
            "it is damaged; repair it with `e2fsck -f`"
        }
        Kind::NoSpace => "it is full",
        _ => return error.to_string(),
    };
    format!("{advice} ({error})")
}

struct Device(Overlay);

const SECTOR: u32 = 512;

impl Device {
    fn range(sector: SectorId, count: u32) -> Ext4Result<(u64, usize)> {
        let offset = sector.raw().checked_mul(u64::from(SECTOR));
        let offset = offset.ok_or_else(Ext4Error::overflow)?;
        Ok((offset, count as usize * SECTOR as usize))
    }
}

impl BlockIo for Device {
    fn write(&mut self, buffer: &[u8], sector: SectorId, count: u32) -> Ext4Result<()> {
        let (offset, length) = Self::range(sector, count)?;
        let data = buffer.get(..length).ok_or_else(Ext4Error::invalid_input)?;
        self.0.write_at(data, offset).map_err(|_| Ext4Error::io())
    }

    fn read(&mut self, buffer: &mut [u8], sector: SectorId, count: u32) -> Ext4Result<()> {
        let (offset, length) = Self::range(sector, count)?;
        let data = buffer.get_mut(..length).ok_or_else(Ext4Error::invalid_input)?;
        self.0.read_at(data, offset).map_err(|_| Ext4Error::io())
    }

    fn geometry(&self) -> DeviceGeometry {
        DeviceGeometry::new(SECTOR, self.0.size() / u64::from(SECTOR))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        DeviceCapabilities { flush: true, ..DeviceCapabilities::default() }
    }

    /// Nothing to do: the overlay is memory, and its commit syncs.
    fn flush(&mut self) -> Ext4Result<()> {
        Ok(())
    }
}

struct WallClock;

impl rsext4::Clock for WallClock {
    fn now(&self) -> Ext4Result<Ext4Timestamp> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let since = since.map_err(|_| Ext4Error::invalid_input())?;
        Ok(Ext4Timestamp::new(
            i64::try_from(since.as_secs()).map_err(|_| Ext4Error::overflow())?,
            since.subsec_nanos(),
        ))
    }
}
