//! Hardware servers.

use super::guest::Power;
use super::transaction::Transaction;
use jiff::Timestamp;
/// A hardware server.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its id.
    pub id: u64,
    /// Its global identifier.
    pub uuid: String,
    /// Its host name.
    pub hostname: String,
    /// Its domain.
    pub domain: String,
    /// When its order was approved.
    pub created: Timestamp,
    /// When it was first ready.
    pub provisioned: Option<Timestamp>,
    /// Where it is.
    pub location: u64,
    /// Its preset's key name.
    pub preset: String,
    /// Cores.
    pub cores: u64,
    /// Memory in MiB.
    pub memory: u64,
    /// Whether it is paid by the hour.
    pub hourly: bool,
    /// Its system.
    pub os: String,
    /// Its SSH keys.
    pub ssh_keys: Vec<u64>,
    /// URLs that are fetched after its first boot.
    pub scripts: Vec<String>,
    /// Its user data.
    pub user_data: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// Its tags.
    pub tags: Vec<u64>,
    /// Whether it runs.
    pub power: Power,
    /// How often it was booted.
    pub boots: u64,
    /// What the service is doing with it.
    pub transaction: Option<Transaction>,
    /// Its root password.
    pub password: String,
    /// Whether somebody cancelled it.
    pub deleted: bool,
}

impl Server {
    /// Its name with its domain.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.hostname, self.domain)
    }
}
