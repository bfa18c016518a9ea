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
        /// Its name.
        pub username: Option<String>,
        /// Its address.
        pub email: Option<String>,
    }
}
