//! A small file of what names stand for, so that a later process need not ask again.
//!
//! One file per endpoint, account and project, under `state_dir/lookups`. A file that cannot be
//! read counts as empty, and one that cannot be written is done without: the cache only ever saves
//! time.

use crate::{StateDir, state_file};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// After this time a name is looked up again, even if nothing went wrong: it may have been
/// given to something else meanwhile.
const KEPT: Duration = Duration::from_secs(3600);

/// The version of the rows' shapes. Files of another one count as empty.
const VERSION: u32 = 1;

/// A row of the cache.
pub trait Cacheable: Serialize + DeserializeOwned + Clone {
    /// The first part of its key.
    const NOUN: &'static str;
}

/// Several of one name.
impl<T: Cacheable> Cacheable for Vec<T> {
    const NOUN: &'static str = T::NOUN;
}

/// What names stand for, for one account of one cloud.
#[derive(Debug, Clone)]
pub struct Cache {
    state_dir: Rc<StateDir>,
    key: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    version: u32,
    rows: BTreeMap<String, Row>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Row {
    /// When it was found, in seconds since 1970.
    at: u64,
    value: Value,
}

impl Cache {
    /// The cache for `key`, a fingerprint of endpoint, account and project.
    pub fn new(state_dir: Rc<StateDir>, key: String) -> Self {
        Self { state_dir, key }
    }

    /// What was found under `key`, unless that is too long ago.
    pub fn get<T: Cacheable>(&self, key: &str) -> Option<T> {
        let row = read(&self.file()?).rows.remove(key)?;
        let age = now().checked_sub(row.at)?;
        if age > KEPT.as_secs() {
            return None;
        }
        serde_json::from_value(row.value).ok()
    }

    /// Remembers what was found.
    pub fn put<T: Cacheable>(&self, key: &str, value: &T) {
        let Ok(value) = serde_json::to_value(value) else { return };
        self.change(|rows| {
            rows.retain(|_, row| now().saturating_sub(row.at) <= KEPT.as_secs());
            rows.insert(key.to_owned(), Row { at: now(), value });
        });
    }

    /// Forgets what has gone stale.
    pub fn forget(&self, keys: &[String]) {
        self.change(|rows| rows.retain(|key, _| !keys.contains(key)));
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, Row>)) {
        let Some(file) = self.file() else { return };
        if let Err(error) = replace(&file, change) {
            tracing::debug!("cannot remember lookups in {}: {error}", file.display());
        }
    }

    fn file(&self) -> Option<PathBuf> {
        let dir = self.state_dir.path().ok()?;
        Some(dir.join("lookups").join(format!("{}.json", self.key)))
    }
}

fn read(file: &Path) -> Content {
    let content: Content = state_file::read(file);
    if content.version == VERSION { content } else { Content::default() }
}

fn replace(file: &Path, change: impl FnOnce(&mut BTreeMap<String, Row>)) -> io::Result<()> {
    state_file::change(file, |content: &mut Content| {
        if content.version != VERSION {
            *content = Content { version: VERSION, ..Content::default() };
        }
        change(&mut content.rows);
    })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Network {
        id: String,
    }

    impl Cacheable for Network {
        const NOUN: &'static str = "network";
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Zone {
        basic: bool,
    }

    impl Cacheable for Zone {
        const NOUN: &'static str = "zone";
    }

    fn cache(dir: &Path) -> Cache {
        Cache::new(Rc::new(StateDir::at(dir)), "key".into())
    }

    fn network(id: &str) -> Network {
        Network { id: id.into() }
    }

    #[test]
    fn what_was_found_is_remembered_until_it_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        assert_eq!(cache.get::<Network>("network/a"), None);
        cache.put("network/a", &network("1"));
        cache.put("network/b", &network("2"));
        assert_eq!(cache.get("network/a"), Some(network("1")));
        cache.forget(&["network/a".into()]);
        assert_eq!(cache.get::<Network>("network/a"), None);
        assert_eq!(cache.get("network/b"), Some(network("2")));
    }

    /// A half-written or foreign file must cost a lookup, not a deploy.
    #[test]
    fn a_corrupt_file_counts_as_empty_and_is_mended() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        cache.put("network/a", &network("1"));
        let file = cache.file().unwrap();
        for content in ["", "{", "[]", r#"{"version":99,"rows":{}}"#, "\0\0"] {
            fs::write(&file, content).unwrap();
            assert_eq!(cache.get::<Network>("network/a"), None, "{content:?}");
            cache.put("network/a", &network("1"));
            assert_eq!(cache.get("network/a"), Some(network("1")), "{content:?}");
        }
    }

    /// A row of another shape, such as an older release wrote, counts as absent.
    #[test]
    fn a_row_of_another_shape_counts_as_absent() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        cache.put("zone/a", &network("1"));
        assert_eq!(cache.get::<Zone>("zone/a"), None);
    }

    /// Without the lock a writer would undo what another one has just written.
    #[test]
    fn parallel_writers_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let dir = dir.path();
                scope.spawn(move || {
                    let cache = cache(dir);
                    for row in 0..20 {
                        cache.put(&format!("network/{writer}/{row}"), &network("x"));
                    }
                });
            }
        });
        assert_eq!(read(&cache(dir.path()).file().unwrap()).rows.len(), 160);
    }

    /// A state_dir that cannot be used costs time, and nothing else.
    #[test]
    fn without_a_place_nothing_is_remembered() {
        let nowhere = StateDir::lazy(|| Err(bosh_cpi::CpiError::cpi("no place")));
        let cache = Cache::new(Rc::new(nowhere), "key".into());
        cache.put("network/a", &network("1"));
        assert_eq!(cache.get::<Network>("network/a"), None);
    }
}
