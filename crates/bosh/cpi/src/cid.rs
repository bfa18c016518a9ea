//! Cloud ids. A CID is opaque to BOSH; the types keep a disk from being taken for a VM.

use serde::{Deserialize, Serialize};

/// A CID was empty. BOSH stores CIDs as keys, so an empty one would be lost.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a {0} must not be empty")]
pub struct EmptyCid(&'static str);

macro_rules! cid {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes any non-empty text.
            pub fn new(cid: impl Into<String>) -> Result<Self, EmptyCid> {
                let cid = cid.into();
                if cid.is_empty() { Err(EmptyCid($what)) } else { Ok(Self(cid)) }
            }

            /// The text as BOSH stores it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = EmptyCid;
            fn try_from(cid: String) -> Result<Self, EmptyCid> {
                Self::new(cid)
            }
        }

        impl From<$name> for String {
            fn from(cid: $name) -> String {
                cid.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

cid!(
    /// The CID of a VM.
    VmCid,
    "VM CID"
);
cid!(
    /// The CID of a persistent disk.
    DiskCid,
    "disk CID"
);
cid!(
    /// The CID of a stemcell.
    StemcellCid,
    "stemcell CID"
);
cid!(
    /// The CID of a disk snapshot.
    SnapshotCid,
    "snapshot CID"
);
cid!(
    /// The CID of a network that BOSH manages.
    NetworkCid,
    "network CID"
);
