//! What a guest sees of its disks: files in a folder, for a VM that a program outside stands for.

use super::Cloud;
use crate::storage::{Look, Seen};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The VM whose attached volumes are files, and what was written on them.
#[derive(Debug, Default)]
pub struct GuestDisks {
    /// The VM, and the folder that is its `/dev/disk/by-id`.
    guest: Option<(String, PathBuf)>,
    /// By volume, as it was when it was detached.
    contents: BTreeMap<String, Seen>,
}

impl GuestDisks {
    /// What was on a volume when it was last detached.
    pub fn content(&self, volume: &str) -> Option<&Seen> {
        self.contents.get(volume)
    }

    fn place(&self, volume: &str, vm: &str) -> Option<PathBuf> {
        let (guest, folder) = self.guest.as_ref()?;
        (guest == vm).then(|| folder.join(link(volume)))
    }
}

/// How udev names a virtio disk: by its serial, the first 20 digits of the volume's id.
fn link(volume: &str) -> String {
    let digits: String = volume.chars().filter(|c| *c != '-').take(20).collect();
    format!("virtio-{digits}")
}

impl Cloud {
    /// From now on, what is attached to this VM is a file in that folder while it is attached.
    pub fn show_disks(&mut self, vm: &str, folder: &Path) {
        self.guest_disks.guest = Some((vm.to_owned(), folder.to_owned()));
    }

    /// A volume was attached.
    pub fn plug(&mut self, volume: &str) {
        let Some(found) = self.volumes.get(volume) else { return };
        let place = found.vm().and_then(|vm| self.guest_disks.place(volume, vm));
        let Some(place) = place else { return };
        if let Err(error) = File::create(&place).and_then(|file| file.set_len(found.size)) {
            tracing::error!(%error, "the guest does not see {}", place.display());
        }
    }

    /// A volume is detached.
    pub fn unplug(&mut self, volume: &str) {
        let vm = self.volumes.get(volume).and_then(|found| found.vm());
        let Some(place) = vm.and_then(|vm| self.guest_disks.place(volume, vm)) else { return };
        match look(&place) {
            Ok(seen) => drop(self.guest_disks.contents.insert(volume.to_owned(), seen)),
            Err(error) => tracing::error!(%error, "{} is lost", place.display()),
        }
        if let Err(error) = std::fs::remove_file(&place) {
            tracing::error!(%error, "{} stays", place.display());
        }
    }
}

fn look(path: &Path) -> io::Result<Seen> {
    let (mut file, mut look) = (File::open(path)?, Look::default());
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(look.end()),
            read => look.take(&buffer[..read]),
        }
    }
}
