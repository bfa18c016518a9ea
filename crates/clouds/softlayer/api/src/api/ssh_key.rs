//! `SoftLayer_Security_Ssh_Key`: public keys.

use crate::field::object;

object! {
    /// Registers a key. Refused if the account has it already.
    pub struct CreateObject {
        /// The key.
        pub template: NewSshKey,
    }
}

object! {
    /// Tells of a key.
    pub struct GetObject {
        /// The key.
        pub id: u64,
    }
}

object! {
    /// Deletes a key. Guests keep it.
    pub struct DeleteObject {
        /// The key.
        pub id: u64,
    }
}

object! {
    /// A key to register.
    #[derive(Default)]
    pub struct NewSshKey {
        /// Its label.
        pub label: String,
        /// As in `authorized_keys`.
        pub key: String,
        /// Notes.
        pub notes: Option<String>,
    }
}

object! {
    /// A public key.
    pub struct SshKey {
        /// Its id.
        pub id: u64,
        /// Its label.
        pub label: Option<String>,
        /// As in `authorized_keys`.
        pub key: Option<String>,
        /// Its fingerprint.
        pub fingerprint: Option<String>,
        /// Notes.
        pub notes: Option<String>,
    }
}
