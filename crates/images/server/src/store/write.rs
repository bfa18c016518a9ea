//! Files that come in: digested on the way, seen once they are whole.

use super::{Entry, Store, Sums, UPLOAD};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::SystemTime;
use tempfile::NamedTempFile;

/// What is known of a file before it comes.
#[derive(Debug, Clone)]
pub struct Expected {
    pub name: String,
    pub bytes: u64,
    pub sha256: Option<Vec<u8>>,
}

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The limits leave no room for it.
    #[error("not enough space for {bytes} bytes: {why}")]
    NoRoom { bytes: u64, why: String },
    /// It is not what its sender has.
    #[error("the SHA-256 of what arrived is {arrived}, not what was promised")]
    OtherSum { arrived: String },
    /// Some of it is missing.
    #[error("{arrived} of {bytes} bytes arrived")]
    Short { arrived: u64, bytes: u64 },
    /// The disk.
    #[error("writing it: {0}")]
    Disk(#[from] io::Error),
}

impl Unfit {
    /// Whether there is no room.
    pub fn is_for_want_of_room(&self) -> bool {
        match self {
            Self::NoRoom { .. } => true,
            Self::Disk(error) => {
                matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            }
            Self::OtherSum { .. } | Self::Short { .. } => false,
        }
    }
}

/// A file on its way. Nothing is left of one that is dropped.
pub struct Receiver {
    store: Arc<Store>,
    expected: Expected,
    file: NamedTempFile,
    arrived: u64,
    md5: Md5,
    sha1: Sha1,
    sha256: Sha256,
}

impl Receiver {
    /// Makes room for it.
    pub fn begin(store: &Arc<Store>, expected: Expected) -> Result<Self, Unfit> {
        store.make_room(expected.bytes, SystemTime::now())?;
        let file = tempfile::Builder::new().prefix(UPLOAD).tempfile_in(store.folder());
        let file = file.inspect_err(|_| store.give_back(expected.bytes))?;
        Ok(Self {
            store: Arc::clone(store),
            expected,
            file,
            arrived: 0,
            md5: Md5::new(),
            sha1: Sha1::new(),
            sha256: Sha256::new(),
        })
    }

    /// Takes what has arrived.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), Unfit> {
        self.file.write_all(piece)?;
        self.md5.update(piece);
        self.sha1.update(piece);
        self.sha256.update(piece);
        self.arrived += piece.len() as u64;
        Ok(())
    }

    /// Puts it in its place, once it is on the disk. Tells whether there was another.
    pub fn finish(mut self) -> Result<(Sums, bool), Unfit> {
        let (arrived, bytes) = (self.arrived, self.expected.bytes);
        if arrived != bytes {
            return Err(Unfit::Short { arrived, bytes });
        }
        let sha256 = self.sha256.finalize_reset();
        if self.expected.sha256.as_deref().is_some_and(|promised| promised != sha256.as_slice()) {
            return Err(Unfit::OtherSum { arrived: hex(&sha256) });
        }
        self.file.as_file().sync_all()?;
        let name = self.expected.name.clone();
        let modified = self.file.as_file().metadata()?.modified()?;
        let entry = Entry { name: name.clone(), bytes, modified };
        let (md5, sha1) = (hex(&self.md5.finalize_reset()), hex(&self.sha1.finalize_reset()));
        let sums = Sums::new(md5, sha1, hex(&sha256), &entry);
        let _held = self.store.hold();
        let path = self.store.folder().join(&name);
        let replaced = fs::symlink_metadata(&path).is_ok();
        self.store.write_sums(&name, &sums)?;
        fs::rename(self.file.path(), &path)?;
        File::open(self.store.folder())?.sync_all()?;
        Ok((sums, replaced))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.store.give_back(self.expected.bytes);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
