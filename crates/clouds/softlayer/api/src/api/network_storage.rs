//! `SoftLayer_Network_Storage`: iSCSI volumes and their snapshots.

use super::common::{AllowedHost, Datacenter, Id, KeyName, OrderRef, Time, Transaction};
use crate::field::object;

object! {
    /// Tells of a volume, or of a snapshot.
    pub struct GetObject {
        /// The volume.
        pub id: u64,
    }
}

object! {
    /// Changes the notes.
    pub struct EditObject {
        /// The volume.
        pub id: u64,
        /// What to change.
        pub template: StorageEdit,
    }
}

object! {
    /// What can be changed of a volume.
    #[derive(Default)]
    pub struct StorageEdit {
        /// Notes, for people and for us.
        pub notes: Option<String>,
    }
}

object! {
    /// Deletes a snapshot. (A volume is deleted by cancelling its billing item.)
    pub struct DeleteObject {
        /// The snapshot.
        pub id: u64,
    }
}

object! {
    /// Lets a guest mount the volume.
    pub struct AllowAccessFromVirtualGuest {
        /// The volume.
        pub id: u64,
        /// The guest.
        pub guest: Id,
    }
}

object! {
    /// Lets a guest mount the volume no more.
    pub struct RemoveAccessFromVirtualGuest {
        /// The volume.
        pub id: u64,
        /// The guest.
        pub guest: Id,
    }
}

object! {
    /// Lets a server mount the volume.
    pub struct AllowAccessFromHardware {
        /// The volume.
        pub id: u64,
        /// The server.
        pub hardware: Id,
    }
}

object! {
    /// Lets a server mount the volume no more.
    pub struct RemoveAccessFromHardware {
        /// The volume.
        pub id: u64,
        /// The server.
        pub hardware: Id,
    }
}

object! {
    /// Takes a snapshot; the volume must have space for it.
    pub struct CreateSnapshot {
        /// The volume.
        pub id: u64,
        /// The snapshot's notes.
        pub notes: String,
    }
}

object! {
    /// Lists the snapshots of a volume.
    pub struct GetSnapshots {
        /// The volume.
        pub id: u64,
    }
}

object! {
    /// Takes a volume back to a snapshot.
    pub struct RestoreFromSnapshot {
        /// The volume.
        pub id: u64,
        /// The snapshot.
        pub snapshot: u64,
    }
}

object! {
    /// A volume.
    pub struct NetworkStorage {
        /// Its id.
        pub id: u64,
        /// Whose it is.
        pub account_id: Option<u64>,
        /// Its name: `SL02SEL278444-16`.
        pub username: Option<String>,
        /// `ISCSI`; of a snapshot `SNAPSHOT`.
        pub nas_type: Option<String>,
        /// Its size in GiB.
        pub capacity_gb: Option<u64>,
        /// Its IOPS.
        pub provisioned_iops: Option<u64>,
        /// Its number at its targets.
        pub lun_id: Option<String>,
        /// `PERFORMANCE_BLOCK_STORAGE`, `ENDURANCE_BLOCK_STORAGE` …
        pub storage_type: Option<KeyName>,
        /// `LOW_INTENSITY_TIER` … of an endurance volume.
        pub storage_tier_level: Option<String>,
        /// 2 and more can be upgraded.
        pub staas_version: Option<u64>,
        /// Whether it is encrypted; only such can be upgraded.
        pub has_encryption_at_rest: Option<bool>,
        /// The space for snapshots in GiB.
        pub snapshot_capacity_gb: Option<u64>,
        /// An address of its target.
        pub service_resource_backend_ip_address: Option<String>,
        /// The addresses of its targets.
        pub iscsi_target_ip_addresses: Vec<String>,
        /// Where it is.
        pub service_resource: Option<ServiceResource>,
        /// Whether guests may be let to it.
        pub is_ready_to_mount: Option<bool>,
        /// Whether it is ready for snapshots.
        pub is_ready_for_snapshot: Option<bool>,
        /// How many things are being done to it.
        pub active_transaction_count: Option<u64>,
        /// Notes, for people and for us.
        pub notes: Option<String>,
        /// When it was made.
        pub create_date: Option<Time>,
        /// What it is billed by; none once it is cancelled.
        pub billing_item: Option<StorageBilling>,
        /// The guests that may mount it.
        pub allowed_virtual_guests: Vec<StorageHost>,
        /// The servers that may mount it.
        pub allowed_hardware: Vec<StorageHost>,
        /// Of a snapshot: its volume.
        pub parent_volume: Option<Id>,
    }
}

object! {
    /// A volume as one that waits for it sees it.
    pub struct StorageProgress {
        /// Its id.
        pub id: u64,
        /// Its size in GiB.
        pub capacity_gb: Option<u64>,
        /// Its IOPS.
        pub provisioned_iops: Option<u64>,
        /// `LOW_INTENSITY_TIER` … of an endurance volume.
        pub storage_tier_level: Option<String>,
        /// The space for snapshots in GiB.
        pub snapshot_capacity_gb: Option<u64>,
        /// Whether guests may be let to it.
        pub is_ready_to_mount: Option<bool>,
        /// Whether it is ready for snapshots.
        pub is_ready_for_snapshot: Option<bool>,
        /// How many things are being done to it.
        pub active_transaction_count: Option<u64>,
        /// What is being done to it.
        pub active_transactions: Vec<Transaction>,
        /// What it is billed by; none once it is cancelled.
        pub billing_item: Option<Id>,
    }
}

object! {
    /// Where a volume is.
    pub struct ServiceResource {
        /// The data center.
        pub datacenter: Option<Datacenter>,
    }
}

object! {
    /// What a volume is billed by.
    pub struct StorageBilling {
        /// Its id.
        pub id: u64,
        /// `storage_as_a_service` …
        pub category_code: Option<String>,
        /// Billed by the hour.
        pub hourly_flag: Option<bool>,
        /// Where it is.
        pub location: Option<Id>,
        /// What belongs to it: space for snapshots.
        pub active_children: Vec<BillingChild>,
        /// The item of its order.
        pub order_item: Option<OrderItemRef>,
    }
}

object! {
    /// A part of a billing item.
    pub struct BillingChild {
        /// Its id.
        pub id: u64,
        /// `storage_snapshot_space` …
        pub category_code: Option<String>,
    }
}

object! {
    /// The item of an order.
    pub struct OrderItemRef {
        /// The order.
        pub order: Option<OrderRef>,
    }
}

object! {
    /// A guest or server that may mount a volume.
    pub struct StorageHost {
        /// Its id.
        pub id: u64,
        /// Its iSCSI name and CHAP credentials.
        pub allowed_host: Option<AllowedHost>,
    }
}

object! {
    /// A snapshot.
    pub struct StorageSnapshot {
        /// Its id.
        pub id: u64,
        /// Whose it is.
        pub account_id: Option<u64>,
        /// `SNAPSHOT`.
        pub nas_type: Option<String>,
        /// Notes, for people and for us.
        pub notes: Option<String>,
        /// The size of its volume in GiB.
        pub capacity_gb: Option<u64>,
        /// When it was taken.
        pub snapshot_creation_timestamp: Option<Time>,
        /// Its size.
        pub snapshot_size_bytes: Option<u64>,
        /// Its volume.
        pub parent_volume: Option<Id>,
    }
}
