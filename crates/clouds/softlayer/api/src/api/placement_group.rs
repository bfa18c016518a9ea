//! `SoftLayer_Virtual_PlacementGroup`: placement groups, and `SoftLayer_Virtual_DedicatedHost`.

use super::common::Datacenter;
use crate::field::object;

object! {
    /// A group whose guests are kept on different hosts.
    pub struct PlacementGroup {
        /// Its id.
        pub id: u64,
        /// Its name.
        pub name: Option<String>,
    }
}

object! {
    /// A host for this account's guests only.
    pub struct DedicatedHost {
        /// Its id.
        pub id: u64,
        /// Its name.
        pub name: Option<String>,
        /// Where it is.
        pub datacenter: Option<Datacenter>,
    }
}
