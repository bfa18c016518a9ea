//! `SoftLayer_Network_…`: VLANs, subnets, addresses, global addresses.

use super::common::{Datacenter, Id};
use crate::field::object;

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
    /// Routes a subnet, such as that of a global address, to an address. Answers false where it is
    /// routed so already; true means that it will be. Refused while an earlier change goes on.
    pub struct RouteSubnet {
        /// The subnet.
        pub id: u64,
        /// The type of what it is routed to: [`IP_ADDRESS`].
        pub kind: String,
        /// The address.
        pub identifier: String,
    }
}

/// The type of a route's destination that is an address.
pub const IP_ADDRESS: &str = "SoftLayer_Network_Subnet_IpAddress";

object! {
    /// Routes a subnet nowhere. Answers false where it is not routed.
    pub struct ClearSubnetRoute {
        /// The subnet.
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
    /// A global address: it can be routed to any guest.
    pub struct GlobalIp {
        /// Its id.
        pub id: u64,
        /// The address.
        pub ip_address: Option<GlobalIpAddress>,
        /// Where it is routed to.
        pub destination_ip_address: Option<Destination>,
    }
}

object! {
    /// The address of a global address.
    pub struct GlobalIpAddress {
        /// The address.
        pub ip_address: String,
        /// The subnet that it is, which is routed.
        pub subnet_id: Option<u64>,
    }
}

object! {
    /// Where a global address is routed to.
    pub struct Destination {
        /// The address.
        pub ip_address: String,
        /// The guest that has it.
        pub virtual_guest: Option<Id>,
    }
}
