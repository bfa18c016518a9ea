//! How long the cloud's jobs took, in a file that all processes learn from.

use crate::state_file;
use cloud_http::{Durations, Schedule, remember_duration};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Fewer observations of a finer kind are not preferred to those of the coarser one.
const FINE_ENOUGH: usize = 5;

/// The most kinds that a file holds: templates and offerings come and go.
const MOST_KINDS: usize = 500;

/// The durations of one cloud's jobs, under `state_dir/durations`.
#[derive(Debug)]
pub struct DurationsFile {
    file: PathBuf,
    price: Duration,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    /// By kind, the oldest first, in milliseconds.
    #[serde(default)]
    kinds: BTreeMap<String, Vec<u64>>,
}

impl DurationsFile {
    /// The file for `key`, a fingerprint of the endpoint. `price` is the delay that one poll is
    /// worth.
    pub fn new(state_dir: &std::path::Path, key: &str, price: Duration) -> Self {
        Self { file: state_dir.join("durations").join(format!("{key}.json")), price }
    }
}

impl Durations for DurationsFile {
    fn schedule(&self, kinds: &[String]) -> Schedule {
        let content: Content = state_file::read(&self.file);
        let known = |kind: &String| content.kinds.get(kind).filter(|it| it.len() >= FINE_ENOUGH);
        let coarse = || content.kinds.get(kinds.last()?);
        let Some(known) = kinds.iter().find_map(known).or_else(coarse) else {
            return Schedule::default();
        };
        let known: Vec<Duration> = known.iter().copied().map(Duration::from_millis).collect();
        Schedule::learned(&known, self.price)
    }

    fn record(&self, kinds: &[String], took: Duration) {
        let changed = state_file::change(&self.file, |content: &mut Content| {
            for kind in kinds {
                let known = content.kinds.entry(kind.clone()).or_default();
                let mut times: Vec<Duration> =
                    known.iter().copied().map(Duration::from_millis).collect();
                remember_duration(&mut times, took);
                *known = times
                    .iter()
                    .map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX))
                    .collect();
            }
            while content.kinds.len() > MOST_KINDS {
                // A fine kind, which has a `/`: commands by themselves are few.
                let Some(kind) = content.kinds.keys().find(|kind| kind.contains('/')).cloned()
                else {
                    break;
                };
                content.kinds.remove(&kind);
            }
        });
        if let Err(error) = changed {
            tracing::debug!("cannot remember durations in {}: {error}", self.file.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// A finer kind counts once enough is known of it; until then the coarser one does.
    #[test]
    fn a_fine_kind_counts_once_it_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let file = DurationsFile::new(dir.path(), "key", Duration::from_millis(50));
        assert!(!file.schedule(&kinds(&["deploy/a", "deploy"])).is_learned());
        for _ in 0..4 {
            file.record(&kinds(&["deploy/a", "deploy"]), seconds(2));
        }
        (0..20).for_each(|_| file.record(&kinds(&["deploy/b", "deploy"]), seconds(60)));
        let coarse = file.schedule(&kinds(&["deploy"]));
        assert_eq!(file.schedule(&kinds(&["deploy/a", "deploy"])), coarse);
        file.record(&kinds(&["deploy/a", "deploy"]), seconds(2));
        assert_ne!(file.schedule(&kinds(&["deploy/a", "deploy"])), coarse);
    }

    /// A file that is torn, foreign or full of nonsense costs what was learned, and nothing else.
    #[test]
    fn a_broken_file_heals() {
        let dir = tempfile::tempdir().unwrap();
        let file = DurationsFile::new(dir.path(), "key", Duration::from_millis(50));
        for content in ["", "{", "[1]", "{\"kinds\":{\"stop\":[\"x\"]}}", "\0"] {
            std::fs::create_dir_all(dir.path().join("durations")).unwrap();
            std::fs::write(&file.file, content).unwrap();
            assert!(!file.schedule(&kinds(&["stop"])).is_learned(), "{content:?}");
            (0..3).for_each(|_| file.record(&kinds(&["stop"]), seconds(2)));
            assert!(file.schedule(&kinds(&["stop"])).is_learned(), "{content:?}");
        }
    }

    /// Templates come and go: the file does not grow with them.
    #[test]
    fn the_file_does_not_grow_without_end() {
        let dir = tempfile::tempdir().unwrap();
        let file = DurationsFile::new(dir.path(), "key", Duration::from_millis(50));
        for template in 0..MOST_KINDS + 20 {
            file.record(&kinds(&[&format!("deploy/{template}"), "deploy"]), seconds(2));
        }
        let content: Content = state_file::read(&file.file);
        assert!(content.kinds.len() <= MOST_KINDS && content.kinds.contains_key("deploy"));
    }
}
