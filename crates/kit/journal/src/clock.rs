//! How much time has passed since something was written down, whatever was done to the clock
//! meanwhile.
//!
//! The wall clock steps: somebody corrects it, NTP comes up late, a VM resumes. So besides the
//! time for people a step has *anchors*: for each boot of each machine that has looked at it, how
//! long that machine had been up. Within one boot the difference of uptimes is the time that has
//! passed. A machine that has no anchor yet, as it is another one or was rebooted, sets one and
//! counts from there: it may wait longer than needed, never less.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// More machines than this do not share a journal; the oldest anchor goes.
const MOST_ANCHORS: usize = 16;

/// Milliseconds since 1970, for people.
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// A boot of a machine, and how long it has been up.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Uptime {
    boot: String,
    millis: u64,
}

impl Uptime {
    /// Of this machine, now. Where the system does not tell it (it is no Linux), the wall clock
    /// stands for it.
    fn now() -> Self {
        Self::of_linux().unwrap_or_else(|| Self { boot: "-".into(), millis: now().max(0) as u64 })
    }

    fn of_linux() -> Option<Self> {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
        let seconds: f64 = uptime.split_whitespace().next()?.parse().ok()?;
        let (boot, millis) = (boot.trim().to_owned(), (seconds * 1000.0) as u64);
        (!boot.is_empty()).then_some(Self { boot, millis })
    }
}

/// The anchors of one step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Anchors(Vec<Uptime>);

impl Anchors {
    /// Of something that happens now, on this machine.
    pub(crate) fn now() -> Self {
        Self(vec![Uptime::now()])
    }

    /// Reads what [`text`](Self::text) wrote. What is not readable is no anchor.
    pub(crate) fn parse(text: &str) -> Self {
        let anchor = |line: &str| {
            let (boot, millis) = line.split_once(' ')?;
            Some(Uptime { boot: boot.to_owned(), millis: millis.parse().ok()? })
        };
        Self(text.lines().filter_map(anchor).collect())
    }

    /// As the journal keeps them.
    pub(crate) fn text(&self) -> String {
        let line = |anchor: &Uptime| format!("{} {}", anchor.boot, anchor.millis);
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// The time that has passed since, as this machine knows it: at least. None if it has no
    /// anchor yet, or one of the future, which cannot be: then it has one of now.
    pub(crate) fn elapsed(&mut self) -> Option<Duration> {
        self.elapsed_at(Uptime::now())
    }

    fn elapsed_at(&mut self, now: Uptime) -> Option<Duration> {
        let known = self.0.iter().find(|anchor| anchor.boot == now.boot);
        if let Some(millis) = known.and_then(|anchor| now.millis.checked_sub(anchor.millis)) {
            return Some(Duration::from_millis(millis));
        }
        self.0.retain(|anchor| anchor.boot != now.boot);
        if self.0.len() >= MOST_ANCHORS {
            self.0.remove(0);
        }
        self.0.push(now);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(boot: &str, millis: u64) -> Uptime {
        Uptime { boot: boot.into(), millis }
    }

    /// The wall clock is not asked, so that no step of it holds or drops anything.
    #[test]
    fn within_a_boot_uptimes_count() {
        let mut anchors = Anchors(vec![at("a", 5_000)]);
        assert_eq!(anchors.elapsed_at(at("a", 65_000)), Some(Duration::from_secs(60)));
        assert_eq!(anchors.elapsed_at(at("a", 5_000)), Some(Duration::ZERO));
    }

    /// After a reboot, or on the other machine of a pair, nobody knows how long it was: it is
    /// counted anew, and each machine goes on with its own count.
    #[test]
    fn another_boot_counts_from_its_first_look() {
        let mut anchors = Anchors(vec![at("a", 900_000)]);
        assert_eq!(anchors.elapsed_at(at("b", 10_000)), None);
        assert_eq!(anchors.elapsed_at(at("a", 901_000)), Some(Duration::from_secs(1)));
        assert_eq!(anchors.elapsed_at(at("b", 70_000)), Some(Duration::from_secs(60)));
    }

    /// A journal of an older release has no anchors, and a container may be restarted within one
    /// boot of its host.
    #[test]
    fn what_cannot_be_is_counted_anew() {
        let mut anchors = Anchors::default();
        assert_eq!(anchors.elapsed_at(at("a", 10)), None);
        assert_eq!(anchors.elapsed_at(at("a", 5)), None, "an anchor of the future");
        assert_eq!(anchors.elapsed_at(at("a", 15)), Some(Duration::from_millis(10)));
    }

    #[test]
    fn anchors_survive_the_journal_and_are_bounded() {
        let mut anchors = Anchors::default();
        for boot in 0..40 {
            anchors.elapsed_at(at(&format!("boot-{boot}"), boot));
        }
        assert_eq!(anchors.0.len(), MOST_ANCHORS);
        assert_eq!(Anchors::parse(&anchors.text()), anchors);
        assert_eq!(Anchors::parse("nonsense\na b\n"), Anchors::default());
    }
}
