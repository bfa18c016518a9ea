//! What a guest sees of its disks: files in a folder, for a VM that a program outside stands for.

use super::Cloud;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The VM whose attached volumes are files.
#[derive(Debug, Default)]
pub struct GuestDisks {
    /// The VM, and the folder that is its `/dev/disk/by-id`.
    guest: Option<(String, PathBuf)>,
}

/// Where a volume is while the guest sees it, and while it does not.
struct Places {
    seen: PathBuf,
    kept: PathBuf,
}

impl GuestDisks {
    fn places(&self, volume: &str, vm: &str) -> Option<Places> {
        let (guest, folder) = self.guest.as_ref()?;
        let kept = folder.join(format!("detached-{volume}"));
        (guest == vm).then(|| Places { seen: folder.join(link(volume)), kept })
    }
}

/// How udev names a virtio disk: by its serial, the first 20 digits of the volume's id.
fn link(volume: &str) -> String {
    let digits: String = volume.chars().filter(|c| *c != '-').take(20).collect();
    format!("virtio-{digits}")
}

impl Cloud {
    /// From now on, what is attached to this VM is a file in that folder: `virtio-<serial>` while
    /// it is attached, `detached-<id>` afterwards.
    pub fn show_disks(&mut self, vm: &str, folder: &Path) {
        self.guest_disks.guest = Some((vm.to_owned(), folder.to_owned()));
    }

    /// A volume was attached.
    pub fn plug(&mut self, volume: &str) {
        let Some((places, size)) = self.places(volume) else { return };
        let plugged = match places.kept.exists() {
            true => fs::rename(&places.kept, &places.seen),
            false => blank(&places.seen, size),
        };
        if let Err(error) = plugged {
            tracing::error!(%error, "the guest does not see {}", places.seen.display());
        }
    }

    /// A volume is detached.
    pub fn unplug(&mut self, volume: &str) {
        let Some((places, _)) = self.places(volume) else { return };
        if let Err(error) = fs::rename(&places.seen, &places.kept) {
            tracing::error!(%error, "{} is lost", places.seen.display());
        }
    }

    /// Also its size in bytes.
    fn places(&self, volume: &str) -> Option<(Places, u64)> {
        let found = self.volumes.get(volume)?;
        Some((self.guest_disks.places(volume, found.vm()?)?, found.size))
    }
}

fn blank(path: &Path, size: u64) -> io::Result<()> {
    File::create(path)?.set_len(size)
}
