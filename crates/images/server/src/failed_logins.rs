//! Wrong passwords: each further one of an origin has to wait longer, so that passwords cannot be
//! tried by the thousand.

use crate::origin::Origin;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many wrong passwords are free: people mistype, and jobs are configured wrong.
const FREE: u32 = 5;
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);
/// Origins that have been quiet for so long are forgotten.
const QUIET: Duration = Duration::from_secs(600);
/// More origins than this are not remembered; the ones that were quiet longest go first.
const MOST: usize = 4096;

/// Who gave wrong passwords of late.
#[derive(Default)]
pub struct FailedLogins {
    origins: Mutex<HashMap<Origin, Failures>>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    fn wait(&self) -> Duration {
        match self.count.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(more) => Duration::from_secs(1 << more.min(6)).min(LONGEST),
        }
    }
}

impl FailedLogins {
    /// Checks a password by `is_right`, unless its origin has to wait: `Err` with how long.
    pub fn check(
        &self,
        origin: Origin,
        now: Instant,
        is_right: impl FnOnce() -> bool,
    ) -> Result<bool, Duration> {
        // Held meanwhile, so that many at once are counted like one after the other.
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = origins.get(&origin).copied();
        if let Some(failures) = failures {
            let left = failures.wait().saturating_sub(now.duration_since(failures.last));
            if !left.is_zero() {
                return Err(left);
            }
        }
        if is_right() {
            origins.remove(&origin);
            return Ok(true);
        }
        make_room(&mut origins, now);
        let count = failures.map_or(0, |failures| failures.count).saturating_add(1);
        origins.insert(origin, Failures { count, last: now });
        Ok(false)
    }
}

fn make_room(origins: &mut HashMap<Origin, Failures>, now: Instant) {
    if origins.len() < MOST {
        return;
    }
    origins.retain(|_, failures| now.duration_since(failures.last) < QUIET);
    if origins.len() >= MOST
        && let Some(oldest) = origins.iter().min_by_key(|(_, failures)| failures.last)
    {
        let origin = *oldest.0;
        origins.remove(&origin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(last: u8) -> Origin {
        Origin::of([192, 0, 2, last].into())
    }

    /// After five wrong ones a password is not even looked at until the wait is over, and the wait
    /// doubles up to a minute; others do not wait, and a right one ends it.
    #[test]
    fn wrong_passwords_have_to_wait() {
        let logins = FailedLogins::default();
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let wrong = |seconds| logins.check(origin(1), at(seconds), || false);
        for _ in 0..5 {
            assert_eq!(wrong(0), Ok(false));
        }
        let never = || panic!("must not be looked at");
        assert_eq!(logins.check(origin(1), at(0), never), Err(Duration::from_secs(1)));
        assert_eq!(logins.check(origin(2), at(0), || true), Ok(true));
        let mut now = 0;
        for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
            now += wait - 1;
            assert!(wrong(now).is_err(), "{wait}");
            now += 1;
            assert_eq!(wrong(now), Ok(false), "{wait}");
        }
        assert_eq!(logins.check(origin(1), at(now + 60), || true), Ok(true));
        assert_eq!(wrong(now + 60), Ok(false), "counted anew");
    }

    /// An attacker with many addresses does not fill the memory.
    #[test]
    fn what_is_remembered_is_bounded() {
        let logins = FailedLogins::default();
        let now = Instant::now();
        for number in 0..5000_u32 {
            let address = std::net::Ipv4Addr::from_bits(number);
            assert_eq!(logins.check(Origin::of(address.into()), now, || false), Ok(false));
        }
        assert_eq!(logins.origins.lock().unwrap().len(), MOST);
    }
}
