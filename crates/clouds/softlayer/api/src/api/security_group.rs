//! `SoftLayer_Network_SecurityGroup`: security groups.

use crate::field::object;

object! {
    /// Lists the security groups.
    pub struct GetAllObjects {}
}

object! {
    /// A security group.
    pub struct SecurityGroup {
        /// Its id.
        pub id: u64,
        /// Its name; several may have the same.
        pub name: Option<String>,
    }
}
