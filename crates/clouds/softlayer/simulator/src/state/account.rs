//! The account, its users, keys, tags and data centers.

use crate::world::{DatacenterSpec, UserSpec};
use jiff::Timestamp;
/// The account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its number.
    pub id: u64,
}

/// A user.
#[derive(Debug, Clone)]
pub struct User {
    /// Its id.
    pub id: u64,
    /// What the world says of it.
    pub spec: UserSpec,
}

/// An SSH key.
#[derive(Debug, Clone)]
pub struct SshKey {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub label: String,
    /// The public key.
    pub key: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Notes.
    pub notes: Option<String>,
    /// When it was made.
    pub created: Timestamp,
}

/// A tag of the account.
#[derive(Debug, Clone)]
pub struct Tag {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
}

/// A data centre.
#[derive(Debug, Clone)]
pub struct Location {
    /// Its id.
    pub id: u64,
    /// What the world says of it.
    pub spec: DatacenterSpec,
}
