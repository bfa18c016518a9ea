//! What time it is in the cloud.

use jiff::{SignedDuration, Timestamp};
use std::time::{Duration, Instant};

/// The time of a cloud: that of the wall, or one that moves only when told to.
#[derive(Debug, Clone)]
pub enum Clock {
    /// It goes on by itself.
    Real {
        /// The time of the wall when the clock was made.
        start: Timestamp,
        /// The same moment on the monotonic clock.
        since: Instant,
    },
    /// It stands until [`Clock::advance`].
    Virtual {
        /// The time.
        now: Timestamp,
    },
}

impl Clock {
    /// A clock that goes on by itself.
    pub fn real() -> Self {
        Self::Real { start: Timestamp::now(), since: Instant::now() }
    }

    /// A clock that moves only when told to.
    pub fn stopped() -> Self {
        Self::Virtual { now: Timestamp::now() }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::Real { start, since } => later(*start, since.elapsed()),
            Self::Virtual { now } => *now,
        }
    }

    /// Moves the time on. A real clock is set forward by as much.
    pub fn advance(&mut self, by: Duration) {
        match self {
            Self::Real { start, .. } => *start = later(*start, by),
            Self::Virtual { now } => *now = later(*now, by),
        }
    }

    /// Whether it moves only when told to.
    pub fn is_virtual(&self) -> bool {
        matches!(self, Self::Virtual { .. })
    }
}

/// `time` and `by` added, within what a timestamp can hold.
pub fn later(time: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}
