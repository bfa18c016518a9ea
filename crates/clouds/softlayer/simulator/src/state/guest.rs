//! Virtual guests.

use super::transaction::Transaction;
use jiff::Timestamp;
/// A virtual guest.
#[derive(Debug, Clone)]
pub struct Guest {
    /// Its id.
    pub id: u64,
    /// Its global identifier.
    pub uuid: String,
    /// Its host name.
    pub hostname: String,
    /// Its domain.
    pub domain: String,
    /// When it was ordered.
    pub created: Timestamp,
    /// When it was changed.
    pub modified: Option<Timestamp>,
    /// When it was first ready.
    pub provisioned: Option<Timestamp>,
    /// Where it is.
    pub location: u64,
    /// What it was made of.
    pub image: Option<u64>,
    /// Or which system it was made with.
    pub os_code: Option<String>,
    /// Cores.
    pub cores: u64,
    /// Memory in MiB.
    pub memory: u64,
    /// Its flavor, by key name.
    pub flavor: Option<String>,
    /// Whether it is paid by the hour.
    pub hourly: bool,
    /// Whether it may be taken away.
    pub transient: bool,
    /// Whether its disks are on its host.
    pub local_disk: bool,
    /// Whether it has no public network.
    pub private_only: bool,
    /// Whether its host takes no guests of others.
    pub dedicated: bool,
    /// The dedicated host that it is on.
    pub dedicated_host: Option<u64>,
    /// Its placement group.
    pub placement_group: Option<u64>,
    /// Its disks.
    pub disks: Vec<Disk>,
    /// Its SSH keys.
    pub ssh_keys: Vec<u64>,
    /// Its user data.
    pub user_data: Option<String>,
    /// A URL that is fetched after its first boot.
    pub script: Option<String>,
    /// `HVM` …
    pub boot_mode: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// Its tags.
    pub tags: Vec<u64>,
    /// Whether it is placed on a host; before that it takes no metadata.
    pub placed: bool,
    /// Whether it runs, or is halted.
    pub power: Power,
    /// How often it was booted.
    pub boots: u64,
    /// What the service is doing with it.
    pub transaction: Option<Transaction>,
    /// The OS reload that came last.
    pub reload: Option<Transaction>,
    /// Its root password.
    pub password: String,
    /// Whether somebody deleted it.
    pub deleted: bool,
}

/// A disk of a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// Its id.
    pub id: u64,
    /// `0`: the first; `1`: swap; `2` and on: more.
    pub device: u64,
    /// GB.
    pub gb: u64,
}

/// Whether a machine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// It runs.
    Running,
    /// It is halted, or was never started.
    Halted,
}

impl Guest {
    /// Its name with its domain.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.hostname, self.domain)
    }
}
