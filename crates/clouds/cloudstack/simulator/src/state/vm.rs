//! Virtual machines and their NICs.

use super::Entity;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A VM.
#[derive(Debug, Clone)]
pub struct Vm {
    /// Its id.
    pub id: String,
    /// Its internal number: `ROOT-11`.
    pub number: u64,
    /// Its host name.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
    /// `i-2-11-VM`.
    pub instance_name: String,
    /// The account that owns it.
    pub owner: String,
    /// The user that made it: id and name.
    pub user: (String, String),
    /// Its group, for people.
    pub group: Option<String>,
    /// Its zone.
    pub zone: String,
    /// Its template.
    pub template: String,
    /// Its service offering.
    pub offering: String,
    /// Cores, MHz per core, MiB.
    pub size: Size,
    /// What it is doing.
    pub state: VmState,
    /// The host that it runs on.
    pub host: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When its state last changed; None for one that was never started.
    pub changed: Option<Timestamp>,
    /// When it was last started.
    pub started: Option<Timestamp>,
    /// Its NICs, the default one first.
    pub nics: Vec<Nic>,
    /// Settings.
    pub details: BTreeMap<String, String>,
    /// What the metadata service serves, base64.
    pub userdata: Option<String>,
    /// Names of its SSH key pairs.
    pub key_pairs: Vec<String>,
    /// The host or the cluster that an admin has chosen for it.
    pub destination: Option<String>,
    /// Ids of its affinity groups.
    pub affinity_groups: Vec<String>,
    /// Ids of its security groups.
    pub security_groups: Vec<String>,
    /// Whether it may not be destroyed.
    pub delete_protection: bool,
}

/// What a VM gets of a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Cores.
    pub cores: u64,
    /// MHz per core.
    pub mhz: u64,
    /// Memory in MiB.
    pub memory: u64,
}

/// What a VM is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VmState {
    /// It is switched off.
    Stopped,
    /// It is being started.
    Starting,
    /// It runs.
    Running,
    /// It is being stopped.
    Stopping,
    /// It is destroyed; its address and name are still taken.
    Destroyed,
    /// It is being removed.
    Expunging,
    /// Its first start failed.
    Error,
}

impl VmState {
    /// As `state` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stopped => "Stopped",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Stopping => "Stopping",
            Self::Destroyed => "Destroyed",
            Self::Expunging => "Expunging",
            Self::Error => "Error",
        }
    }

    /// Whether it is on its way out: plain users do not see such a VM.
    pub fn is_gone_for_users(self) -> bool {
        matches!(self, Self::Destroyed | Self::Expunging)
    }
}

/// A NIC.
#[derive(Debug, Clone)]
pub struct Nic {
    /// Its id.
    pub id: String,
    /// Its network.
    pub network: String,
    /// Its address; None in an L2 network.
    pub address: Option<Ipv4Addr>,
    /// Its IPv6 address; None in a network without such.
    pub address6: Option<Ipv6Addr>,
    /// Further addresses.
    pub secondary: Vec<SecondaryAddress>,
    /// Its MAC.
    pub mac: String,
    /// Whether it is the default one.
    pub default: bool,
    /// Its place, from 0.
    pub device: u64,
    /// Whether it is plugged in: it shows its VLAN then.
    pub plugged: bool,
}

/// A further address of a NIC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondaryAddress {
    /// Its id.
    pub id: String,
    /// The address.
    pub address: Ipv4Addr,
}

impl Entity for Vm {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Vm {
    /// Its default NIC.
    pub fn default_nic(&self) -> Option<&Nic> {
        self.nics.iter().find(|nic| nic.default)
    }

    /// Changes its state, at this time.
    pub fn turn(&mut self, state: VmState, now: Timestamp) {
        self.state = state;
        self.changed = Some(now);
    }
}
