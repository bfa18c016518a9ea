//! Every wait has an end.

use std::time::Duration;
use tokio::time::Instant;

/// A point in time after which nobody waits any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// So much time from now on.
    pub fn after(wait: Duration) -> Self {
        Self(Instant::now() + wait)
    }

    /// The time left; zero once it has passed.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed.
    pub fn passed(self) -> bool {
        self.left().is_zero()
    }

    /// The earlier of the two.
    pub fn or_sooner(self, wait: Duration) -> Self {
        self.min(Self::after(wait))
    }
}
