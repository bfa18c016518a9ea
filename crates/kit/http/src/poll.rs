//! How long to wait before asking once more whether something has come about.

use crate::Deadline;
use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// The pause before the next poll of something that has been waited for so long: an eighth of that
/// time, so that waiting adds some 12 % at most to any job, whether it takes 0.2 s or 20 min.
pub fn pause(waited: Duration) -> Duration {
    (waited / 8).clamp(SHORTEST, LONGEST)
}

/// The pause with jitter, so that many processes do not ask in step.
pub fn jittered_pause(waited: Duration) -> Duration {
    let factor = 0.95 + 0.1 * fastrand::f64();
    pause(waited).mul_f64(factor).clamp(SHORTEST, LONGEST)
}

/// Makes that pause; false if the deadline has passed then.
pub async fn paused(waited: Duration, deadline: Deadline) -> bool {
    tokio::time::sleep(jittered_pause(waited).min(deadline.left())).await;
    !deadline.passed()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Polls of a job that takes so long, and by how much the last one is late.
    fn polls(takes: Duration) -> (u32, Duration) {
        let (mut waited, mut polls) = (Duration::ZERO, 0);
        while waited < takes {
            waited += pause(waited);
            polls += 1;
        }
        (polls, waited - takes)
    }

    #[test]
    fn the_first_poll_comes_after_100_ms_and_pauses_grow_to_5_s() {
        assert_eq!(pause(Duration::ZERO), Duration::from_millis(100));
        assert_eq!(pause(Duration::from_millis(800)), Duration::from_millis(100));
        assert_eq!(pause(Duration::from_secs(8)), Duration::from_secs(1));
        assert_eq!(pause(Duration::from_secs(4000)), Duration::from_secs(5));
    }

    #[test]
    fn a_job_of_8_s_takes_about_28_polls() {
        let (polls, _) = polls(Duration::from_secs(8));
        assert!((26..=30).contains(&polls), "{polls}");
    }

    /// Whether a job takes half a second or ten minutes.
    #[test]
    fn waiting_costs_an_eighth_at_most() {
        for millis in (800..600_000).step_by(97) {
            let takes = Duration::from_millis(millis);
            let (_, late) = polls(takes);
            assert!(late <= takes / 8, "{takes:?} is noticed {late:?} late");
        }
    }

    #[test]
    fn jitter_stays_within_the_bounds() {
        for millis in (0..100_000).step_by(31) {
            let waited = Duration::from_millis(millis);
            let (pause, jittered) = (pause(waited), jittered_pause(waited));
            assert!((SHORTEST..=LONGEST).contains(&jittered));
            assert!(jittered.abs_diff(pause) <= pause / 19, "{jittered:?} for {pause:?}");
        }
    }
}
