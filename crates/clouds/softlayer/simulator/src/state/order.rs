//! Orders, and what they buy.

use super::speed::Speed;
use crate::world::PresetSpec;
use jiff::Timestamp;
/// An order.
#[derive(Debug, Clone)]
pub struct Order {
    /// Its id.
    pub id: u64,
    /// How far it is.
    pub status: Status,
    /// When it was placed.
    pub created: Timestamp,
    /// Who placed it.
    pub user: u64,
    /// Its items.
    pub items: Vec<u64>,
    /// What is bought.
    pub purchase: Purchase,
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It was placed.
    Pending,
    /// What it is for is being made.
    Approved,
    /// What it is for is there.
    Completed,
    /// Nothing comes of it.
    Cancelled,
}

impl Status {
    /// As SoftLayer writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING_AUTO_APPROVAL",
            Self::Approved => "APPROVED",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// An item of an order.
#[derive(Debug, Clone)]
pub struct OrderItem {
    /// Its id.
    pub id: u64,
    /// Its order.
    pub order: u64,
    /// `storage_as_a_service` …
    pub category: String,
    /// For people.
    pub description: String,
    /// The price.
    pub price: u64,
    /// The host name of a machine.
    pub host_name: Option<String>,
    /// Its domain.
    pub domain_name: Option<String>,
    /// The flavor or preset.
    pub preset: Option<u64>,
    /// What it is billed by, once it is.
    pub billing_item: Option<u64>,
}

/// What an order buys.
#[derive(Debug, Clone, PartialEq)]
pub enum Purchase {
    /// A virtual guest, by `createObject`.
    Guest(u64),
    /// A volume.
    Volume(NewVolume),
    /// Another size or speed of a volume.
    VolumeUpgrade {
        /// The volume.
        volume: u64,
        /// Its new size.
        gb: u64,
        /// Its new speed.
        speed: Speed,
    },
    /// Snapshot space for a volume, in all.
    SnapshotSpace {
        /// The volume.
        volume: u64,
        /// GB.
        gb: u64,
    },
    /// Another size of a guest.
    GuestUpgrade(GuestUpgrade),
    /// A hardware server.
    Server(Box<NewServer>),
}

/// A volume to come.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVolume {
    /// Where.
    pub location: u64,
    /// GB.
    pub gb: u64,
    /// How fast.
    pub speed: Speed,
    /// GB of snapshot space.
    pub snapshot_gb: u64,
    /// Whether it is paid by the hour.
    pub hourly: bool,
    /// The volume, and the snapshot of it, that it is a copy of.
    pub origin: Option<(u64, Option<u64>)>,
    /// Whether it is of the kind of before: it cannot be changed.
    pub legacy: bool,
}

/// What a guest becomes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GuestUpgrade {
    /// The guest.
    pub guest: u64,
    /// Its cores, if they change.
    pub cores: Option<u64>,
    /// Its memory in MiB, if it changes.
    pub memory: Option<u64>,
    /// Its flavor, if it changes.
    pub flavor: Option<String>,
    /// Disks to add or to make larger: device and GB.
    pub disks: Vec<(u64, u64)>,
}

/// A server to come.
#[derive(Debug, Clone, PartialEq)]
pub struct NewServer {
    /// Its host name.
    pub hostname: String,
    /// Its domain.
    pub domain: String,
    /// Where.
    pub location: u64,
    /// What it is.
    pub preset: PresetSpec,
    /// Whether it is paid by the hour.
    pub hourly: bool,
    /// VLAN and subnet of the private network.
    pub private: (u64, u64),
    /// VLAN and subnet of the public network.
    pub public: Option<(u64, u64)>,
    /// The system's description.
    pub os: String,
    /// Its SSH keys.
    pub ssh_keys: Vec<u64>,
    /// URLs that are fetched after its first boot.
    pub scripts: Vec<String>,
    /// Its user data.
    pub user_data: Option<String>,
}
