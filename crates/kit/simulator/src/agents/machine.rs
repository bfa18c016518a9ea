//! Machines as their agents find them: when they were booted, and which disks they have where.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::net::SocketAddr;
use tokio::runtime::Handle;

/// A cloud, as far as agents in its machines see it.
pub trait Machines: Debug + Send + Sync {
    /// Where agents run.
    fn runtime(&self) -> Handle;

    /// The machines that are not gone, and those among them that run.
    fn look(&self) -> (BTreeSet<String>, Vec<Machine>);

    /// The disks that a machine sees.
    fn disks(&self, machine: &str) -> Vec<DiskSeen>;

    /// Where its metadata service listens.
    fn metadata(&self, machine: &str) -> Option<SocketAddr>;
}

/// A machine that runs.
#[derive(Debug)]
pub struct Machine {
    /// Its id.
    pub vm: String,
    /// Its boot: another text after each.
    pub boot: String,
    /// Its disks.
    pub disks: Vec<DiskSeen>,
}

/// A volume that a machine sees.
#[derive(Debug, Clone)]
pub struct DiskSeen {
    /// The volume.
    pub volume: String,
    /// Its size in bytes.
    pub size: u64,
    /// The paths that lead to it. One that is no path of a device is what a hint without a path
    /// comes to: see [`super::path_of`].
    pub paths: Vec<String>,
}
