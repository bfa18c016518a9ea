//! What is paid for.

use jiff::Timestamp;
/// Something that is paid for.
#[derive(Debug, Clone)]
pub struct BillingItem {
    /// Its id.
    pub id: u64,
    /// `storage_as_a_service` …
    pub category: String,
    /// For people.
    pub description: String,
    /// Whether it is paid by the hour.
    pub hourly: bool,
    /// Where it is.
    pub location: u64,
    /// From which package it was bought.
    pub package: u64,
    /// What it is for.
    pub resource: Resource,
    /// What it belongs to.
    pub parent: Option<u64>,
    /// The item of its order.
    pub order_item: u64,
    /// When it began.
    pub created: Timestamp,
    /// When it ends, if somebody cancelled it.
    pub cancelled: Option<Timestamp>,
    /// Whether it is paid for.
    pub active: bool,
}

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// A virtual guest.
    Guest(u64),
    /// A hardware server.
    Hardware(u64),
    /// A volume.
    Volume(u64),
    /// The snapshot space of a volume.
    SnapshotSpace(u64),
}

impl Resource {
    /// The id of what is paid for.
    pub fn id(self) -> u64 {
        match self {
            Self::Guest(id) | Self::Hardware(id) | Self::Volume(id) | Self::SnapshotSpace(id) => id,
        }
    }
}
