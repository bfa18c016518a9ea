//! Persistent disks: hints, mounts, and what is written on them.

use super::machine::DiskSeen;
use super::settings::path_of;
use super::{builtin::Inside, lock};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What agents have written on volumes, by volume.
#[derive(Debug, Clone, Default)]
pub struct Contents(Arc<Mutex<BTreeMap<String, Vec<String>>>>);

impl Contents {
    /// The lines; None for a blank volume.
    pub fn read(&self, volume: &str) -> Option<Vec<String>> {
        lock(&self.0).get(volume).cloned()
    }

    fn format_if_blank(&self, volume: &str) {
        lock(&self.0).entry(volume.to_owned()).or_default();
    }

    fn copy(&self, from: &str, to: &str) {
        let mut contents = lock(&self.0);
        let lines = contents.get(from).cloned().unwrap_or_default();
        contents.insert(to.to_owned(), lines);
    }

    fn append(&self, volume: &str, line: String) {
        lock(&self.0).entry(volume.to_owned()).or_default().push(line);
    }
}

/// What an agent knows of its persistent disks.
#[derive(Debug, Default)]
pub struct Known {
    /// Device paths by CID, as `persistent_disk_hints.json` keeps them.
    hints: BTreeMap<String, String>,
    /// What is mounted; gone with a boot, but for the store.
    mounts: Vec<Mount>,
}

#[derive(Debug, Clone)]
struct Mount {
    cid: String,
    volume: String,
    at: Place,
}

/// Where a disk is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// `/var/vcap/store`.
    Store,
    /// `/var/vcap/store_migration_target`.
    Target,
}

impl Inside {
    fn seen(&self) -> Vec<DiskSeen> {
        self.cloud.disks(&self.vm)
    }

    /// The volume at a device.
    pub fn volume_at(&self, path: &str) -> Result<String, String> {
        let seen = self.seen();
        let found = seen.into_iter().find(|disk| disk.paths.iter().any(|its| its == path));
        found
            .map(|disk| disk.volume)
            .ok_or_else(|| format!("Timed out getting real device path for '{path}'"))
    }

    /// At a boot the store is mounted again, or there is no agent.
    pub fn remount(&self) -> Result<(), String> {
        let mut memory = lock(&self.memory);
        memory.disks.mounts.retain(|mount| mount.at == Place::Store);
        let Some(store) = memory.disks.mounts.first() else { return Ok(()) };
        match memory.disks.hints.get(&store.cid) {
            Some(path) => self.volume_at(path).map(drop),
            None => Err(format!("Attached disk disagrees with previous mount of {}", store.cid)),
        }
    }

    /// `add_persistent_disk`.
    pub fn add_disk(&self, cid: &str, hint: &Value) -> Result<(), String> {
        let path = path_of(hint).ok_or_else(|| format!("the hint of disk {cid} has no path"))?;
        lock(&self.memory).disks.hints.insert(cid.to_owned(), path);
        Ok(())
    }

    /// `remove_persistent_disk`.
    pub fn remove_disk(&self, cid: &str) {
        let disks = &mut lock(&self.memory).disks;
        disks.hints.remove(cid);
        // What was mounted of it is no file system any more.
        disks.mounts.retain(|mount| mount.cid != cid);
    }

    /// `mount_disk`: as the store, or beside it, to migrate to. A blank disk is formatted.
    pub fn mount(&self, cid: &str, hint: Option<&Value>) -> Result<(), String> {
        if let Some(path) = hint.and_then(path_of) {
            lock(&self.memory).disks.hints.insert(cid.to_owned(), path);
        }
        let path = lock(&self.memory).disks.hints.get(cid).cloned();
        let path = path
            .ok_or_else(|| format!("Persistent disk with volume id '{cid}' could not be found"))?;
        let volume = self.volume_at(&path)?;
        let mounts = &mut lock(&self.memory).disks.mounts;
        if mounts.iter().any(|mount| mount.cid == cid) {
            return Ok(());
        }
        let at = match mounts.iter().map(|mount| mount.at).collect::<Vec<_>>()[..] {
            [] => Place::Store,
            [Place::Store] => Place::Target,
            _ => return Err(format!("no place is free to mount disk {cid} at")),
        };
        self.contents.format_if_blank(&volume);
        mounts.push(Mount { cid: cid.to_owned(), volume, at });
        Ok(())
    }

    /// `unmount_disk`: what it says.
    pub fn unmount(&self, cid: &str) -> String {
        let mounts = &mut lock(&self.memory).disks.mounts;
        let before = mounts.len();
        mounts.retain(|mount| mount.cid != cid);
        let was =
            if mounts.len() < before { "Unmounted partition" } else { "No mounted partition" };
        format!("{was} of disk {cid}")
    }

    /// `migrate_disk`: the store's content goes to the disk beside it, which is the store then.
    pub fn migrate(&self) -> Result<(), String> {
        let mounts = &mut lock(&self.memory).disks.mounts;
        let [store, target] = &mounts[..] else {
            return Err("Migrating persistent disk: two disks have to be mounted".to_owned());
        };
        self.contents.copy(&store.volume, &target.volume);
        let store = Mount { at: Place::Store, ..target.clone() };
        *mounts = vec![store];
        Ok(())
    }

    /// `list_disk`: the CIDs of what is mounted and still there.
    pub fn list(&self) -> Vec<String> {
        let seen = self.seen();
        let there = |mount: &&Mount| seen.iter().any(|disk| disk.volume == mount.volume);
        let memory = lock(&self.memory);
        memory.disks.mounts.iter().filter(there).map(|mount| mount.cid.clone()).collect()
    }

    /// Writes a line on the store, as jobs do.
    pub fn write_on_store(&self, line: String) {
        let memory = lock(&self.memory);
        if let Some(store) = memory.disks.mounts.iter().find(|mount| mount.at == Place::Store) {
            self.contents.append(&store.volume, line);
        }
    }
}
