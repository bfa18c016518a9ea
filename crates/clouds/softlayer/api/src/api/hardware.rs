//! `SoftLayer_Hardware_Server`: bare metal.

use super::common::{AllowedHost, Datacenter, Id, TagReference, Time, Transaction};
use super::virtual_guest::{GuestEdit, NetworkComponent};
use crate::field::object;
use cloud_http::Secret;

object! {
    /// Tells of a server.
    pub struct GetObject {
        /// The server.
        pub id: u64,
    }
}

object! {
    /// Changes host name, domain or notes.
    pub struct EditObject {
        /// The server.
        pub id: u64,
        /// What to change.
        pub template: GuestEdit,
    }
}

object! {
    /// Sets what the metadata service serves; at most 16 KiB.
    pub struct SetUserMetadata {
        /// The server.
        pub id: u64,
        /// One text.
        pub metadata: Vec<Secret>,
    }
}

object! {
    /// Replaces all tags.
    pub struct SetTags {
        /// The server.
        pub id: u64,
        /// The tags, joined by commas.
        pub tags: String,
    }
}

object! {
    /// Asks the server to reboot.
    pub struct RebootSoft {
        /// The server.
        pub id: u64,
    }
}

object! {
    /// Switches the server off and on.
    pub struct RebootHard {
        /// The server.
        pub id: u64,
    }
}

object! {
    /// A server.
    pub struct Hardware {
        /// Its id.
        pub id: u64,
        /// Whose it is.
        pub account_id: Option<u64>,
        /// Its UUID.
        pub global_identifier: Option<String>,
        /// Its host name.
        pub hostname: Option<String>,
        /// Its domain.
        pub domain: Option<String>,
        /// When it was ready.
        pub provision_date: Option<Time>,
        /// Its public address.
        pub primary_ip_address: Option<String>,
        /// Its private address.
        pub primary_backend_ip_address: Option<String>,
        /// Notes, for people and for us.
        pub notes: Option<String>,
        /// `ACTIVE`, `DEPLOY` …
        pub hardware_status: Option<HardwareStatus>,
        /// What is being done to it.
        pub active_transaction: Option<Transaction>,
        /// Where it is.
        pub datacenter: Option<Datacenter>,
        /// What it is billed by; none once it is cancelled.
        pub billing_item: Option<HardwareBilling>,
        /// Its tags.
        pub tag_references: Vec<TagReference>,
    }
}

object! {
    /// The state of a server.
    pub struct HardwareStatus {
        /// `ACTIVE`, `DEPLOY` …
        pub status: Option<String>,
    }
}

object! {
    /// What a server is billed by.
    pub struct HardwareBilling {
        /// Its id.
        pub id: u64,
        /// Billed by the hour: it can be cancelled at once.
        pub hourly_flag: Option<bool>,
        /// When it was or will be cancelled.
        pub cancellation_date: Option<Time>,
    }
}

object! {
    /// A server as the networks see it.
    pub struct HardwareNetworks {
        /// Its id.
        pub id: u64,
        /// Its public NIC.
        pub primary_network_component: Option<NetworkComponent>,
        /// Its private NIC.
        pub primary_backend_network_component: Option<NetworkComponent>,
    }
}

object! {
    /// A server as the volumes see it.
    pub struct HardwareStorage {
        /// Its id.
        pub id: u64,
        /// Where it is.
        pub datacenter: Option<Datacenter>,
        /// Its iSCSI name and CHAP credentials; none before its first volume.
        pub allowed_host: Option<AllowedHost>,
        /// The volumes that it may mount.
        pub allowed_network_storage: Vec<Id>,
    }
}
