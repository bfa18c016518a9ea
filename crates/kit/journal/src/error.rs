//! What can be wrong with a journal.

use std::fmt::Display;

/// The journal cannot be used. Nothing has been created in the cloud by the call that met it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    /// It cannot be opened: no permission, no room, no database.
    #[error("cannot open the journal ({place}): {why}")]
    Open {
        /// The file or the server.
        place: String,
        /// What the database said.
        why: String,
    },
    /// It cannot be written: no room, no connection.
    #[error("cannot write the journal ({place}): {why}")]
    Write {
        /// The file or the server.
        place: String,
        /// What the database said.
        why: String,
    },
    /// It cannot be read: damaged, no connection.
    #[error("cannot read the journal ({place}): {why}")]
    Read {
        /// The file or the server.
        place: String,
        /// What the database said.
        why: String,
    },
    /// The lock of an operation cannot be had.
    #[error("cannot lock an operation ({place}): {why}")]
    Lock {
        /// The file or the server.
        place: String,
        /// What the system said.
        why: String,
    },
    /// A newer release wrote it.
    #[error("the journal is of version {found}, this release knows {known}: use the newer release")]
    Newer {
        /// Its version.
        found: i64,
        /// The version that this release knows.
        known: i64,
    },
    /// The database was not reached, did not answer in time, or has no room for one more session.
    /// Nothing of the kind need be so the next time.
    #[error("cannot reach the journal ({place}): {why}")]
    Unreachable {
        /// The server.
        place: String,
        /// What was tried, and what came of it.
        why: String,
    },
    /// The file or database holds something, but no journal: it is left as it is.
    #[error("this is not a journal ({place}): {why}")]
    Foreign {
        /// The file or the server.
        place: String,
        /// What it is.
        why: String,
    },
    /// The folder for the journal cannot be one.
    #[error("invalid state_dir '{dir}': {why}")]
    Directory {
        /// The folder as it was given.
        dir: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// `ledger.url` is not the URL of a PostgreSQL database. The URL is not shown: it holds a
    /// password.
    #[error("ledger.url: expected postgres://user:password@host:port/database")]
    Url,
    /// A setting of the journal's database is not one that is known; names it.
    #[error("ledger.{0}")]
    Setting(String),
    /// A row makes no sense to this release.
    #[error("the journal holds a row that cannot be read: {0}")]
    Row(String),
}

impl JournalError {
    /// Whether the same may succeed later: the database was not reached, or is busy.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    pub(crate) fn open(place: &dyn Display, why: &dyn Display) -> Self {
        Self::Open { place: place.to_string(), why: why.to_string() }
    }

    pub(crate) fn foreign(place: &dyn Display, why: &dyn Display) -> Self {
        Self::Foreign { place: place.to_string(), why: why.to_string() }
    }

    pub(crate) fn unreachable(place: &dyn Display, why: &dyn Display) -> Self {
        Self::Unreachable { place: place.to_string(), why: why.to_string() }
    }

    pub(crate) fn write(place: &dyn Display, why: &dyn Display) -> Self {
        Self::Write { place: place.to_string(), why: why.to_string() }
    }

    pub(crate) fn read(place: &dyn Display, why: &dyn Display) -> Self {
        Self::Read { place: place.to_string(), why: why.to_string() }
    }

    pub(crate) fn lock(place: &dyn Display, why: &dyn Display) -> Self {
        Self::Lock { place: place.to_string(), why: why.to_string() }
    }
}
