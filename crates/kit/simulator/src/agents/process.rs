//! An agent that is a process of somebody's own.

use super::machine::DiskSeen;
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The folder of all: `vms/<id>` for each VM, `volumes/<id>` for each volume.
#[derive(Debug)]
pub struct Ground(TempDir);

/// A VM's folder: its agent's log, and its disks as files. It goes with the VM.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    volumes: PathBuf,
    shown: BTreeMap<PathBuf, String>,
}

/// An agent's process, until it is dropped: then its whole group is killed.
#[derive(Debug)]
pub struct Process {
    child: Child,
    ended: Option<String>,
}

impl Ground {
    /// A fresh one, for this user's eyes only.
    pub fn new() -> io::Result<Self> {
        let ground = tempfile::Builder::new().prefix("cpi-sim-agents-").tempdir()?;
        fs::create_dir(ground.path().join("vms"))?;
        fs::create_dir(ground.path().join("volumes"))?;
        Ok(Self(ground))
    }

    /// The folder of a VM.
    pub fn folder(&self, vm: &str) -> io::Result<Folder> {
        let path = self.0.path().join("vms").join(vm);
        fs::create_dir(&path)?;
        Ok(Folder { path, volumes: self.0.path().join("volumes"), shown: BTreeMap::new() })
    }
}

impl Folder {
    /// Makes the disks appear as files under `dev`, and those that are gone disappear. A disk is
    /// one file under all of its names, and follows its volume to another VM.
    pub fn show(&mut self, disks: &[DiskSeen]) -> io::Result<()> {
        let mut wanted: BTreeMap<PathBuf, &DiskSeen> = BTreeMap::new();
        for disk in disks {
            // What is no path of a device is for agents that log in to targets.
            for path in disk.paths.iter().filter(|path| path.starts_with('/')) {
                let path = self.path.join(path.trim_start_matches('/'));
                wanted.insert(path, disk);
            }
        }
        for (path, volume) in &self.shown {
            if wanted.get(path).is_none_or(|disk| &disk.volume != volume) {
                fs::remove_file(path)?;
            }
        }
        self.shown
            .retain(|path, volume| wanted.get(path).is_some_and(|disk| &disk.volume == volume));
        for (path, disk) in wanted {
            if !self.shown.contains_key(&path) {
                let file = volume_file(&self.volumes, disk)?;
                fs::create_dir_all(path.parent().unwrap_or(&self.path))?;
                fs::hard_link(file, &path)?;
                self.shown.insert(path, disk.volume.clone());
            }
        }
        Ok(())
    }

    /// Starts the agent.
    pub fn start(&self, command: &str, vm: &str, metadata: SocketAddr) -> io::Result<Process> {
        let log = private(&self.path.join("agent.log"))?;
        let child = Command::new("/bin/sh")
            .args(["-c", command])
            .current_dir(&self.path)
            .env("CPI_SIM_METADATA", format!("http://{metadata}"))
            .env("CPI_SIM_VM", vm)
            .env("CPI_SIM_DIR", &self.path)
            .stdin(Stdio::null())
            // Standard output is not the agent's: `cpi sim` answers there.
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()?;
        Ok(Process { child, ended: None })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(%error, folder = %self.path.display(), "not removed");
        }
    }
}

impl Process {
    /// How it ended, if it has by itself.
    pub fn ended(&mut self) -> Option<String> {
        if self.ended.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.ended = Some(format!("the agent ended with {status}"));
        }
        self.ended.clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // What it has started may still be there when it is not.
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group
            && let Err(error) = kill_process_group(group, Signal::KILL)
        {
            tracing::debug!(%error, "nobody to kill");
        }
        drop(self.child.wait());
    }
}

/// The file of a volume, as large as it is; it takes no room until it is written to.
fn volume_file(volumes: &Path, disk: &DiskSeen) -> io::Result<PathBuf> {
    let path = volumes.join(&disk.volume);
    let file = private(&path)?;
    if file.metadata()?.len() < disk.size {
        file.set_len(disk.size)?;
    }
    Ok(path)
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}
