//! When a call may be sent again, and after what wait.

use crate::Deadline;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::time::Duration;

/// The budget of one call: how often and how long it may be tried again. The deadline of the
/// call cuts it shorter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// How often at most, beside the first time. A wait that the cloud itself names is not
    /// counted.
    pub times: u32,
    /// The first wait; each next one is twice as long.
    pub first_wait: Duration,
    /// No wait is longer, jitter apart.
    pub longest_wait: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            times: 6,
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(5),
        }
    }
}

impl Retry {
    /// No second try.
    pub fn never() -> Self {
        Self { times: 0, ..Self::default() }
    }

    /// The waits of one call.
    pub fn waits(&self) -> Waits {
        let delays = ExponentialBuilder::new()
            .with_min_delay(self.first_wait)
            .with_max_delay(self.longest_wait)
            .without_max_times()
            .with_jitter()
            .build();
        Waits { delays, left: self.times, longest: self.longest_wait }
    }
}

/// The waits of one call: exponential, with jitter so that many processes do not knock at once.
#[derive(Debug)]
pub struct Waits {
    delays: ExponentialBackoff,
    left: u32,
    longest: Duration,
}

impl Waits {
    /// The next wait; None once the budget is spent or the deadline would pass meanwhile.
    pub fn after_failure(&mut self, deadline: Deadline) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        let wait = self.delay();
        (wait < deadline.left()).then_some(wait)
    }

    /// The wait after the cloud said "not now, again in `asked`": at least that long, and as
    /// often as it says so. None if the deadline would pass meanwhile.
    pub fn as_asked(&mut self, asked: Duration, deadline: Deadline) -> Option<Duration> {
        let wait = self.delay().max(asked);
        (wait < deadline.left()).then_some(wait)
    }

    fn delay(&mut self) -> Duration {
        self.delays.next().unwrap_or(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn far() -> Deadline {
        Deadline::after(Duration::from_secs(3600))
    }

    #[test]
    fn waits_grow_have_jitter_and_end() {
        let retry = Retry::default();
        let mut waits = retry.waits();
        for n in 0..retry.times {
            let base = (retry.first_wait * 2u32.pow(n)).min(retry.longest_wait);
            let wait = waits.after_failure(far()).unwrap();
            assert!(wait >= base && wait <= base * 2, "wait {n} is {wait:?}, base {base:?}");
        }
        assert_eq!(waits.after_failure(far()), None);
    }

    #[test]
    fn no_wait_reaches_beyond_the_deadline() {
        let soon = Deadline::after(Duration::from_millis(50));
        assert_eq!(Retry::default().waits().after_failure(soon), None);
        assert_eq!(Retry::default().waits().as_asked(Duration::from_secs(1), soon), None);
    }

    #[test]
    fn a_wait_the_cloud_asks_for_is_kept_and_costs_no_try() {
        let mut waits = Retry::never().waits();
        for _ in 0..50 {
            let wait = waits.as_asked(Duration::from_secs(30), far()).unwrap();
            assert!(wait >= Duration::from_secs(30));
        }
        // Even "again in 0 ms" does not make a busy loop.
        assert!(waits.as_asked(Duration::ZERO, far()).unwrap() >= Duration::from_secs(5));
        assert_eq!(waits.after_failure(far()), None);
    }
}
