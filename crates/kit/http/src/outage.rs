//! An outage is cheap: where it is certain that nothing is sent, trying again is of little use,
//! and of none once that is known.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// How often a request that certainly did not leave is tried, in all.
const MOST_TRIES: u32 = 3;

/// What takes longer than this to find out is not tried again.
const QUICK: Duration = Duration::from_secs(2);

/// Whether the other side was there, as far as the last request shows.
#[derive(Debug, Default)]
pub struct Reachability(AtomicBool);

/// The tries of one call.
#[derive(Debug)]
pub struct Tries {
    was_away: bool,
    unsent: u32,
}

impl Reachability {
    /// Notes how a request ended: whether it certainly did not leave.
    pub fn note(&self, unsent: bool) {
        self.0.store(unsent, Relaxed);
    }

    /// Whether the last request did not leave.
    pub fn is_away(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// The tries of a call that is about to be sent.
    pub fn tries(&self) -> Tries {
        Tries { was_away: self.is_away(), unsent: 0 }
    }
}

impl Tries {
    /// Whether to give up, after one that did not leave took so long to fail.
    pub fn give_up(&mut self, took: Duration) -> bool {
        self.unsent += 1;
        self.was_away || self.unsent >= MOST_TRIES || took > QUICK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cloud that is away costs some quick tries, and one for each call after that, until one
    /// is answered.
    #[test]
    fn an_outage_is_found_out_once() {
        let reach = Reachability::default();
        let mut tries = reach.tries();
        assert!(!tries.give_up(Duration::ZERO) && !tries.give_up(Duration::ZERO));
        assert!(tries.give_up(Duration::ZERO));
        reach.note(true);
        assert!(reach.tries().give_up(Duration::ZERO));
        reach.note(false);
        assert!(!reach.tries().give_up(Duration::ZERO));
        assert!(reach.tries().give_up(Duration::from_secs(10)), "a connection that timed out");
    }
}
