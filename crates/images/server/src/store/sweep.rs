//! What is removed by itself: files that are too old, and the oldest where there is no room.

use super::{Entry, SUMS_FOLDER, Store, Unfit};
use std::fs;
use std::io;
use std::time::{Duration, SystemTime};

/// What is left free of the disk.
const SPARE: u64 = 64 << 20;

impl Store {
    /// Removes what is too old, and checksums without a file.
    pub fn sweep(&self, now: SystemTime) -> io::Result<()> {
        for entry in self.list()? {
            if age(&entry, now) > self.limits.age {
                tracing::info!("{} is too old: removed", entry.name);
                self.remove(&entry.name)?;
            }
        }
        let _held = self.hold();
        for entry in fs::read_dir(self.folder().join(SUMS_FOLDER))? {
            let entry = entry?;
            if !self.folder().join(entry.file_name()).exists() {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Notes that so many bytes will come. The oldest files go where there is no room.
    pub(super) fn make_room(&self, bytes: u64, now: SystemTime) -> Result<(), Unfit> {
        loop {
            let Some(why) = self.expect(bytes)? else { return Ok(()) };
            let oldest = self.list()?.into_iter().min_by_key(|entry| entry.modified);
            match oldest.filter(|entry| age(entry, now) > self.limits.keep) {
                Some(oldest) => {
                    tracing::info!("{} makes room for a new file: removed", oldest.name);
                    self.remove(&oldest.name)?;
                }
                None => return Err(Unfit::NoRoom { bytes, why }),
            }
        }
    }

    /// Whether so many bytes fit: they are noted, or the reason why they do not is told.
    fn expect(&self, bytes: u64) -> io::Result<Option<String>> {
        let mut expected = self.hold();
        let coming = expected.saturating_add(bytes);
        if let Some(most) = self.limits.bytes {
            let there: u64 = self.list()?.iter().map(|entry| entry.bytes).sum();
            if there.saturating_add(coming) > most {
                let told = format!(
                    "{there} are there, {} more are on their way, and --max-size is {most}",
                    *expected
                );
                return Ok(Some(told));
            }
        }
        let disk = rustix::fs::statvfs(self.folder())?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        // What uploads under way have written already is counted twice: that is on the safe side.
        if coming.saturating_add(SPARE) > free {
            return Ok(Some(format!(
                "{free} are free on the disk, and {} more are on their way",
                *expected
            )));
        }
        *expected = coming;
        Ok(None)
    }

    pub(super) fn give_back(&self, bytes: u64) {
        let mut expected = self.hold();
        *expected = expected.saturating_sub(bytes);
    }
}

fn age(entry: &Entry, now: SystemTime) -> Duration {
    now.duration_since(entry.modified).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{Expected, Receiver};
    use super::*;
    use crate::settings::Limits;
    use std::fs::File;
    use std::sync::Arc;

    fn store(bytes: Option<u64>) -> (tempfile::TempDir, Arc<Store>) {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits {
            age: Duration::from_secs(1000),
            keep: Duration::from_secs(100),
            bytes,
            ..Limits::default()
        };
        let store = Store::open(folder.path(), limits).unwrap();
        (folder, Arc::new(store))
    }

    /// A file of 100 bytes that came so many seconds ago.
    fn put(store: &Arc<Store>, name: &str, age: u64) -> Result<(), Unfit> {
        let expected = Expected { name: name.into(), bytes: 100, sha256: None };
        let mut receiver = Receiver::begin(store, expected)?;
        receiver.take(&[7; 100])?;
        receiver.finish()?;
        let file = File::options().write(true).open(store.folder().join(name))?;
        file.set_modified(SystemTime::now() - Duration::from_secs(age))?;
        Ok(())
    }

    fn names(store: &Store) -> Vec<String> {
        store.list().unwrap().into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn what_is_too_old_goes_with_its_checksums() {
        let (folder, store) = store(None);
        put(&store, "old", 1001).unwrap();
        put(&store, "young", 900).unwrap();
        store.sweep(SystemTime::now()).unwrap();
        assert_eq!(names(&store), ["young"]);
        assert!(!folder.path().join(".sums/old").exists());
        fs::remove_file(folder.path().join("young")).unwrap();
        store.sweep(SystemTime::now()).unwrap();
        assert!(!folder.path().join(".sums/young").exists(), "of a file removed by hand");
    }

    /// A file that somebody is about to fetch stays, whoever wants its room.
    #[test]
    fn the_oldest_makes_room_and_a_young_one_does_not() {
        let (_folder, store) = store(Some(250));
        put(&store, "b", 300).unwrap();
        put(&store, "a", 200).unwrap();
        put(&store, "c", 50).unwrap();
        assert_eq!(names(&store), ["a", "c"]);
        put(&store, "d", 0).unwrap();
        assert_eq!(names(&store), ["c", "d"]);
        let error = put(&store, "e", 0).unwrap_err();
        assert!(
            error.is_for_want_of_room() && error.to_string().contains("--max-size is 250"),
            "{error}"
        );
        assert_eq!(names(&store), ["c", "d"]);
    }

    /// Uploads that go on at once do not get the same room.
    #[test]
    fn room_is_kept_for_what_is_on_its_way() {
        let (folder, store) = store(Some(250));
        let expected = |name: &str| Expected { name: name.into(), bytes: 100, sha256: None };
        let one = Receiver::begin(&store, expected("1")).unwrap();
        let two = Receiver::begin(&store, expected("2")).unwrap();
        assert!(Receiver::begin(&store, expected("3")).is_err());
        drop(one);
        let three = Receiver::begin(&store, expected("3")).unwrap();
        drop((two, three));
        let left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".upload")), "{left:?}");
    }

    #[test]
    fn a_disk_that_cannot_hold_it_is_told_before_anything_is_sent() {
        let (_folder, store) = store(None);
        let expected = Expected { name: "x".into(), bytes: u64::MAX / 2, sha256: None };
        let error = Receiver::begin(&store, expected).err().unwrap();
        assert!(error.to_string().contains("free on the disk"), "{error}");
    }
}
