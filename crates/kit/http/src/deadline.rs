//! Every wait has an end.

use std::time::Duration;
use tokio::time::Instant;

/// A point in time after which nobody waits any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// The longest wait that there is: what is longer would overflow the system's clock.
    pub const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

    /// So much time from now on; at most [`LONGEST`](Self::LONGEST).
    pub fn after(wait: Duration) -> Self {
        Self(Instant::now() + wait.min(Self::LONGEST))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A timeout near 2^63 in a config must not be a panic.
    #[test]
    fn no_wait_is_too_long() {
        for wait in [Duration::MAX, Duration::from_secs(i64::MAX as u64)] {
            let deadline = Deadline::after(wait);
            assert!(!deadline.passed() && deadline.left() <= Deadline::LONGEST);
            assert_eq!(deadline.or_sooner(wait).min(deadline), deadline);
        }
    }
}
