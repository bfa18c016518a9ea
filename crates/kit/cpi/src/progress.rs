//! How far a transfer is, for the log.

use std::time::{Duration, Instant};

/// How often the log tells how far it is.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Tells now and then how far a transfer is.
pub struct Progress {
    /// `sent`, `written`.
    done_to_it: &'static str,
    total: u64,
    begun: Instant,
    told: Instant,
}

impl Progress {
    /// A transfer of `total` bytes, which are being `done_to_it`.
    pub fn new(total: u64, done_to_it: &'static str) -> Self {
        let now = Instant::now();
        Self { done_to_it, total, begun: now, told: now }
    }

    /// So many bytes are done.
    pub fn tell(&mut self, done: u64) {
        if self.told.elapsed() < TELL_EVERY && done < self.total {
            return;
        }
        self.told = Instant::now();
        let rate = done as f64 / self.begun.elapsed().as_secs_f64().max(0.001) / 1e6;
        let percent = done * 100 / self.total.max(1);
        tracing::info!(
            "{percent} % {}, {done} of {} bytes, {rate:.1} MB/s",
            self.done_to_it,
            self.total
        );
    }
}
