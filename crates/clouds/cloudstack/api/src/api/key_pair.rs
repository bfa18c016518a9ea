//! SSH key pairs, of which CloudStack keeps the public half.

use super::Other;
use serde::{Deserialize, Serialize};

/// Finds SSH key pairs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListSshKeyPairs {
    /// By exact name.
    pub name: Option<String>,
}

/// Registers a public key. A name that its account has already is refused with 431.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RegisterSshKeyPair {
    /// Its name, unique in its account.
    pub name: String,
    /// The public key, as in `authorized_keys`.
    pub publickey: String,
}

/// Forgets a key pair. VMs that were made with it keep the key.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeleteSshKeyPair {
    /// Its name.
    pub name: String,
}

/// An SSH key pair.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SshKeyPair {
    /// Its id; older clouds tell none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name, unique in its account.
    pub name: String,
    /// The key's fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
