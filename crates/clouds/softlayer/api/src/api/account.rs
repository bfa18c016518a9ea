//! `SoftLayer_Account`: what the account has.

use crate::field::object;

object! {
    /// Tells of the account: the cheapest way to learn whether the credentials are taken.
    pub struct GetObject {}
}

object! {
    /// Tells who calls.
    pub struct GetCurrentUser {}
}

object! {
    /// Lists the guests.
    pub struct GetVirtualGuests {}
}

object! {
    /// Lists the servers.
    pub struct GetHardware {}
}

object! {
    /// Lists the iSCSI volumes.
    pub struct GetIscsiNetworkStorage {}
}

object! {
    /// Lists the orders.
    pub struct GetOrders {}
}

object! {
    /// Lists the public keys.
    pub struct GetSshKeys {}
}

object! {
    /// Lists the account's own images.
    pub struct GetPrivateBlockDeviceTemplateGroups {}
}

object! {
    /// Lists the VLANs.
    pub struct GetNetworkVlans {}
}

object! {
    /// Lists the subnets.
    pub struct GetSubnets {}
}

object! {
    /// Lists the global addresses.
    pub struct GetGlobalIpRecords {}
}

object! {
    /// Lists the placement groups.
    pub struct GetPlacementGroups {}
}

object! {
    /// Lists the dedicated hosts.
    pub struct GetDedicatedHosts {}
}

object! {
    /// An account.
    pub struct Account {
        /// Its id.
        pub id: u64,
    }
}

object! {
    /// A user.
    pub struct User {
        /// Its id.
        pub id: u64,
        /// Its account.
        pub account_id: Option<u64>,
        /// Its name.
        pub username: Option<String>,
        /// Its address.
        pub email: Option<String>,
    }
}
