//! Ids of operations.

use crate::clock::now;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::time::Duration;
use uuid::Uuid;

/// The id of an operation; it is part of every name that the operation gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OperationId(Uuid);

impl OperationId {
    /// A new one; later ones sort after earlier ones.
    #[allow(clippy::new_without_default)] // two of them are never alike
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }

    /// How long ago it was made, as it tells itself.
    pub fn age(self) -> Duration {
        let made = self.0.get_timestamp().map_or(0, |time| {
            let (seconds, nanos) = time.to_unix();
            seconds as i64 * 1000 + i64::from(nanos) / 1_000_000
        });
        Duration::from_millis(now().saturating_sub(made).max(0) as u64)
    }

    /// The underlying UUID.
    pub fn uuid(self) -> Uuid {
        self.0
    }

    /// A number for PostgreSQL's advisory locks; the random half of the UUID.
    pub(crate) fn lock_number(self) -> i64 {
        self.0.as_u64_pair().1 as i64
    }
}

/// 32 hexadecimal digits, so that it fits into a host name.
impl Display for OperationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.simple())
    }
}
