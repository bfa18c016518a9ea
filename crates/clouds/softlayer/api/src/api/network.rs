//! `SoftLayer_Network_…`: VLANs, subnets, addresses, global addresses.

use super::common::{Datacenter, Id};
use crate::field::object;
use serde_json::Value;

object! {
    /// Tells of a VLAN.
    pub struct GetVlan {
        /// The VLAN.
        pub id: u64,
    }
}

object! {
    /// Tells of a subnet.
    pub struct GetSubnet {
        /// The subnet.
        pub id: u64,
    }
}

object! {
    /// Tells of an address of the account; null if it is none.
    pub struct GetByIpAddress {
        /// The address.
        pub address: String,
    }
}

object! {
    /// Changes the note of an address.
    pub struct EditIpAddress {
        /// The address.
        pub id: u64,
        /// What to change.
        pub template: IpAddressEdit,
    }
}

object! {
    /// What can be changed of an address.
    #[derive(Default)]
    pub struct IpAddressEdit {
        /// Its note; an empty text takes it away.
        pub note: Option<String>,
    }
}

object! {
    /// Leads a global address to an address of a guest.
    pub struct RouteGlobalIp {
        /// The global address.
        pub id: u64,
        /// Where to.
        pub address: String,
    }
}

object! {
    /// Leads a global address nowhere.
    pub struct UnrouteGlobalIp {
        /// The global address.
        pub id: u64,
    }
}

object! {
    /// Tells of a global address.
    pub struct GetGlobalIp {
        /// The global address.
        pub id: u64,
    }
}

object! {
    /// A VLAN.
    pub struct Vlan {
        /// Its id.
        pub id: u64,
        /// Its number.
        pub vlan_number: Option<u64>,
        /// Its name.
        pub name: Option<String>,
        /// `PRIVATE` or `PUBLIC`.
        pub network_space: Option<String>,
        /// The subnet out of which guests get their addresses.
        pub primary_subnet_id: Option<u64>,
        /// Its router.
        pub primary_router: Option<Router>,
    }
}

object! {
    /// A router.
    pub struct Router {
        /// Its name: `bcr01a.dal13`.
        pub hostname: Option<String>,
        /// Where it is.
        pub datacenter: Option<Datacenter>,
    }
}

object! {
    /// A subnet.
    pub struct Subnet {
        /// Its id.
        pub id: u64,
        /// Its VLAN.
        pub network_vlan_id: Option<u64>,
        /// `PRIVATE` or `PUBLIC`.
        pub address_space: Option<String>,
        /// `PRIMARY`, `ADDITIONAL_PRIMARY`, `SECONDARY_ON_VLAN` (portable), `STATIC_IP_ROUTED`.
        pub subnet_type: Option<String>,
        /// Its first address.
        pub network_identifier: Option<String>,
        /// The length of its prefix.
        pub cidr: Option<u64>,
        /// Its netmask.
        pub netmask: Option<String>,
        /// Its gateway.
        pub gateway: Option<String>,
        /// Its broadcast address.
        pub broadcast_address: Option<String>,
        /// 4 or 6.
        pub version: Option<u64>,
    }
}

object! {
    /// An address.
    pub struct IpAddress {
        /// Its id.
        pub id: u64,
        /// The address.
        pub ip_address: String,
        /// The gateway's, the broadcast's and the like.
        pub is_reserved: Option<bool>,
        /// A note.
        pub note: Option<String>,
        /// Its subnet.
        pub subnet: Option<Subnet>,
        /// The guest whose primary address it is.
        pub virtual_guest: Option<Id>,
    }
}

object! {
    /// A global address: it can be led to any guest.
    pub struct GlobalIp {
        /// Its id.
        pub id: u64,
        /// The address.
        pub ip_address: Option<GlobalIpAddress>,
        /// Where it leads.
        pub destination_ip_address: Option<Destination>,
        /// What is being done to it.
        pub active_transaction: Option<Id>,
    }
}

object! {
    /// The address of a global address.
    pub struct GlobalIpAddress {
        /// The address.
        pub ip_address: String,
    }
}

object! {
    /// Where a global address leads.
    pub struct Destination {
        /// The address.
        pub ip_address: String,
        /// The guest that has it.
        pub virtual_guest: Option<Id>,
    }
}

/// What [`RouteGlobalIp`] and [`UnrouteGlobalIp`] answer: true, or a transaction.
pub type Routed = Value;
