//! When to ask whether something has ended that takes about as long each time: where its end is
//! likely, and hardly anywhere else.
//!
//! With the price `c` of a poll in seconds of delay, and `h` the hazard of the end, the cheapest
//! density of polls is √(h/2c) (Keller 1974, *Management Science* 21(3)). Durations are taken for
//! lognormal. One poll stands far before the likely end, for a cloud that has become much faster;
//! past it polls go on geometrically, as for what nothing is known of.

use crate::poll::pause;
use std::time::Duration;

/// How many durations of a kind are remembered.
pub const REMEMBERED_DURATIONS: usize = 32;

/// Fewer teach nothing.
const FEWEST: usize = 3;

/// The deviation of ln T that is expected before anything is known: too small a deviation puts all
/// polls before the end. It is worth four observations, and less the more there are.
const EXPECTED: f64 = 0.3;

/// No duration is that regular: the answer's way and the cloud's own grain add to it.
const LEAST_DEVIATION: f64 = 0.03;

/// From here on, in deviations, the end is a surprise.
const SURPRISE: f64 = 2.6;

/// What takes longer than this gets a poll for the case that the cloud has become faster …
const WORTH_INSURING: f64 = 1.0;

/// … at this part of the median.
const INSURED: f64 = 1.0 / 8.0;

/// A change of speed is believed when so many in a row are off by more than this factor.
const CHANGED: (usize, f64) = (3, 1.6);

/// No two polls are closer.
const CLOSEST: f64 = 0.02;

/// Where it is kept how long things took. A thing has several kinds, the finest first: a command
/// with its template, say, and the command alone.
pub trait Durations: std::fmt::Debug + Send + Sync {
    /// When to ask for a thing of these kinds.
    fn schedule(&self, kinds: &[String]) -> Schedule;

    /// Remembers how long one took.
    fn record(&self, kinds: &[String], took: Duration);
}

/// When to ask next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schedule {
    /// When to ask, in seconds since the beginning, ascending; empty where nothing is known.
    times: Vec<f64>,
}

impl Schedule {
    /// From how long it took before, the oldest first, and the price of a poll in seconds of
    /// delay. Too few durations give the schedule of what nothing is known of.
    pub fn learned(durations: &[Duration], price: Duration) -> Self {
        let logs: Vec<f64> = durations.iter().map(|it| it.as_secs_f64().max(0.001).ln()).collect();
        let logs = since_change(&logs);
        if logs.len() < FEWEST {
            return Self::default();
        }
        if let Some((last, before)) = logs.split_last().filter(|(_, it)| it.len() >= FEWEST) {
            let (mean, deviation) = estimate(before);
            if (last - mean).abs() > (SURPRISE * deviation).max(CHANGED.1.ln()) {
                return Self::default(); // an outlier, or another speed: the next ones will show
            }
        }
        let (mean, deviation) = estimate(logs);
        Self { times: times(mean, deviation, price.as_secs_f64().max(0.001)) }
    }

    /// The pause before the next poll of something that has been waited for so long.
    pub fn pause(&self, waited: Duration) -> Duration {
        let waited_secs = waited.as_secs_f64();
        match self.times.iter().find(|time| **time > waited_secs) {
            Some(time) => Duration::from_secs_f64((time - waited_secs).max(CLOSEST)),
            None => pause(waited),
        }
    }

    /// Whether anything is known.
    pub fn is_learned(&self) -> bool {
        !self.times.is_empty()
    }
}

/// Adds a duration to those that are remembered; the oldest are forgotten.
pub fn remember_duration(durations: &mut Vec<Duration>, took: Duration) {
    durations.push(took);
    let surplus = durations.len().saturating_sub(REMEMBERED_DURATIONS);
    durations.drain(..surplus);
}

/// Mean and deviation.
fn estimate(logs: &[f64]) -> (f64, f64) {
    let count = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / count;
    let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
    let worth = 4.0 / (1.0 + count / 4.0);
    let variance = (squares + worth * EXPECTED * EXPECTED) / (count - 1.0 + worth);
    (mean, variance.sqrt().max(LEAST_DEVIATION))
}

/// The observations since the cloud changed its speed.
fn since_change(logs: &[f64]) -> &[f64] {
    let (row, factor) = CHANGED;
    for from in (1..logs.len().saturating_sub(row - 1)).rev() {
        let mut before: Vec<f64> = logs[..from].to_vec();
        before.sort_by(f64::total_cmp);
        let median = before[before.len() / 2];
        let after = &logs[from..from + row];
        let off = factor.ln();
        let slower = after.iter().all(|log| log - median > off);
        let faster = after.iter().all(|log| median - log > off);
        if slower || faster {
            return &logs[from..];
        }
    }
    logs
}

/// The times of polls, by the density that is cheapest.
fn times(mean: f64, deviation: f64, price: f64) -> Vec<f64> {
    const STEPS: usize = 400;
    let median = mean.exp();
    let mut times = Vec::new();
    if median > WORTH_INSURING {
        times.push(median * INSURED);
    }
    let from = -3.0;
    let step = (SURPRISE - from) / STEPS as f64;
    // Polls so far; one stands wherever that passes a half.
    let (mut polls, mut next) = (0.0, 0.5);
    let mut last = (mean + deviation * from).exp();
    for at in 1..=STEPS {
        let z = from + step * at as f64;
        let time = (mean + deviation * z).exp();
        let survival = normal_survival(z).max(1e-9);
        let hazard = normal_density(z) / (deviation * time * survival);
        polls += (hazard / (2.0 * price)).sqrt() * (time - last);
        last = time;
        if polls >= next {
            let previous = times.last().copied().unwrap_or(0.0);
            if time - previous >= CLOSEST {
                times.push(time);
            }
            next = polls.floor() + 0.5 + f64::from(u8::from(polls.fract() >= 0.5));
        }
    }
    // The last one comes where hardly anything has not ended yet.
    if times.last().is_none_or(|time| last - time >= CLOSEST) {
        times.push(last);
    }
    times
}

fn normal_density(z: f64) -> f64 {
    (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// 1 − Φ(z), by Abramowitz and Stegun 26.2.17; the error is below 1e-7.
fn normal_survival(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - normal_survival(-z);
    }
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let sum = t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    normal_density(z) * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: Duration = Duration::from_millis(50);

    /// Durations with this median and deviation of ln T.
    fn durations(
        random: &mut fastrand::Rng,
        median: f64,
        deviation: f64,
        count: usize,
    ) -> Vec<Duration> {
        let mut one = || {
            // Twelve uniform ones less six are as good as normal here.
            let z = (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
            Duration::from_secs_f64(median * (deviation * z).exp())
        };
        (0..count).map(|_| one()).collect()
    }

    /// Polls and delay of something that takes so long.
    fn play(schedule: &Schedule, takes: Duration) -> (u32, Duration) {
        let (mut waited, mut polls) = (Duration::ZERO, 0);
        while waited < takes {
            waited += schedule.pause(waited);
            polls += 1;
        }
        (polls, waited - takes)
    }

    /// The mean of polls, and of the delay as a part of the duration.
    fn means(schedule: &Schedule, takes: &[Duration]) -> (f64, f64) {
        let played: Vec<(u32, f64)> = takes
            .iter()
            .map(|takes| {
                let (polls, late) = play(schedule, *takes);
                (polls, late.as_secs_f64() / takes.as_secs_f64())
            })
            .collect();
        let count = played.len() as f64;
        let polls = played.iter().map(|it| f64::from(it.0)).sum::<f64>() / count;
        (polls, played.iter().map(|it| it.1).sum::<f64>() / count)
    }

    /// Nothing is known at first: the schedule is the geometric one.
    #[test]
    fn without_durations_the_schedule_is_geometric() {
        let schedule = Schedule::learned(&[Duration::from_secs(8)], PRICE);
        assert!(!schedule.is_learned());
        for waited in [0, 100, 900, 7000].map(Duration::from_millis) {
            assert_eq!(schedule.pause(waited), pause(waited));
        }
    }

    /// What is learned costs fewer polls, and no more delay, than what is not: for regular and for
    /// irregular jobs, short and long.
    #[test]
    fn learning_saves_polls_and_costs_no_delay() {
        let mut random = fastrand::Rng::with_seed(7);
        for median in [0.5, 2.0, 8.0, 30.0] {
            for deviation in [0.05, 0.1, 0.2, 0.3, 0.5, 1.0] {
                let known = durations(&mut random, median, deviation, 20);
                let taken = durations(&mut random, median, deviation, 2000);
                let learned = means(&Schedule::learned(&known, PRICE), &taken);
                let geometric = means(&Schedule::default(), &taken);
                eprintln!(
                    "median {median:4} s, deviation {deviation:4}: {:4.1} polls {:4.1} % late; \
                     unlearned {:4.1} polls, {:4.1} %",
                    learned.0,
                    learned.1 * 100.0,
                    geometric.0,
                    geometric.1 * 100.0
                );
                let cost = |(polls, late): (f64, f64)| polls * PRICE.as_secs_f64() + late * median;
                assert!(cost(learned) <= cost(geometric) * 1.1, "{median} {deviation}");
            }
        }
    }

    /// Regular jobs of some seconds, as most are: a few polls, and hardly any delay.
    #[test]
    fn regular_jobs_take_few_polls() {
        let mut random = fastrand::Rng::with_seed(11);
        let known = durations(&mut random, 7.8, 0.014, 20);
        let taken = durations(&mut random, 7.8, 0.014, 500);
        let (polls, late) = means(&Schedule::learned(&known, PRICE), &taken);
        assert!(polls <= 8.0 && late <= 0.02, "{polls} polls, {late}");
    }

    /// A cloud that is ten times faster or slower all at once delays a job no more than twice as
    /// much as it would unlearned, or by a quarter; after five jobs the schedule is the new one.
    #[test]
    fn a_change_of_speed_costs_little_and_is_learned_soon() {
        let mut random = fastrand::Rng::with_seed(5);
        for factor in [0.1, 10.0] {
            let mut known = durations(&mut random, 8.0, 0.1, 20);
            let after = durations(&mut random, 8.0 * factor, 0.1, 5);
            for (number, takes) in after.iter().enumerate() {
                let (_, late) = play(&Schedule::learned(&known, PRICE), *takes);
                let (_, unlearned) = play(&Schedule::default(), *takes);
                let most = (unlearned * 2).max(*takes / 2);
                assert!(late <= most, "job {number} of {takes:?} is {late:?} late");
                remember_duration(&mut known, *takes);
            }
            let taken = durations(&mut random, 8.0 * factor, 0.1, 500);
            let (polls, late) = means(&Schedule::learned(&known, PRICE), &taken);
            let (most, latest) = means(&Schedule::default(), &taken);
            assert!(polls < most && late < latest, "{factor}: {polls} polls, {late} late");
        }
    }

    /// Whatever was learned, even nonsense: there is always a next poll, within bounds.
    #[test]
    fn any_durations_give_a_sound_schedule() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..2000 {
            let count = random.usize(0..40);
            let mut any = || {
                let bits = random.u32(1..40);
                Duration::from_millis(random.u64(0..1 << bits))
            };
            let known: Vec<Duration> = (0..count).map(|_| any()).collect();
            let schedule = Schedule::learned(&known, Duration::from_millis(random.u64(0..5000)));
            let mut waited = Duration::ZERO;
            for _ in 0..50 {
                let pause = schedule.pause(waited);
                assert!(pause >= Duration::from_secs_f64(CLOSEST));
                waited = waited.saturating_add(pause);
            }
            assert!(schedule.times.is_sorted() && schedule.times.len() < 500);
        }
    }

    /// Only the newest are remembered.
    #[test]
    fn old_durations_are_forgotten() {
        let mut known = Vec::new();
        (0..100).for_each(|it| remember_duration(&mut known, Duration::from_secs(it)));
        assert_eq!(known.len(), REMEMBERED_DURATIONS);
        assert_eq!(known[0], Duration::from_secs(68));
    }
}
