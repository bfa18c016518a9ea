//! What several services share.

use crate::field::object;
use cloud_http::Secret;

object! {
    /// A reference by id.
    #[derive(PartialEq, Eq, Hash)]
    pub struct Id {
        /// The id.
        pub id: u64,
    }
}

impl From<u64> for Id {
    fn from(id: u64) -> Self {
        Self { id }
    }
}

object! {
    /// A reference by name.
    pub struct Named {
        /// The name.
        pub name: Option<String>,
    }
}

object! {
    /// A value of a list of SoftLayer's own: a state, a kind.
    pub struct Keyed {
        /// Its name for programs: `RUNNING`.
        pub key_name: Option<String>,
        /// Its name for people.
        pub name: Option<String>,
    }
}

object! {
    /// A data center, `SoftLayer_Location`.
    pub struct Datacenter {
        /// Its id, by which things are ordered.
        pub id: Option<u64>,
        /// Its name: `dal13`.
        pub name: String,
        /// Its name for people: `Dallas 13`.
        pub long_name: Option<String>,
    }
}

object! {
    /// What is being done to something.
    pub struct Transaction {
        /// Its id.
        pub id: u64,
        /// Its state: `RECLAIM_WAIT` …
        pub transaction_status: Option<Named>,
        /// Its kind: `Service Setup` …
        pub transaction_group: Option<Named>,
    }
}

impl Transaction {
    /// The name of its state.
    pub fn status(&self) -> Option<&str> {
        self.transaction_status.as_ref()?.name.as_deref()
    }
}

object! {
    /// A tag on something.
    pub struct TagReference {
        /// The tag.
        pub tag: Named,
    }
}

object! {
    /// A host that may mount volumes: it has one name and one pair of CHAP credentials for all of
    /// them. Given out with the first volume.
    pub struct AllowedHost {
        /// Its id.
        pub id: u64,
        /// Its iSCSI name (IQN).
        pub name: Option<String>,
        /// `VIRTUAL_GUEST`, `HARDWARE` …
        pub resource_table_name: Option<String>,
        /// The guest's or server's id.
        pub resource_table_id: Option<u64>,
        /// Its CHAP credentials.
        pub credential: Option<HostCredential>,
    }
}

object! {
    /// CHAP credentials.
    pub struct HostCredential {
        /// The user.
        pub username: Option<String>,
        /// The password.
        pub password: Option<Secret>,
    }
}

object! {
    /// An order, as others refer to it.
    pub struct OrderRef {
        /// Its id.
        pub id: Option<u64>,
    }
}

object! {
    /// What something is billed by.
    pub struct BillingItemRef {
        /// Its id.
        pub id: u64,
        /// When it was or will be cancelled.
        pub cancellation_date: Option<String>,
    }
}

object! {
    /// A value of a list of SoftLayer's own, by its name for programs.
    pub struct KeyName {
        /// The name.
        pub key_name: String,
    }
}

/// SoftLayer's time format, `2025-10-30T13:51:39-05:00`, kept as text.
pub type Time = String;
