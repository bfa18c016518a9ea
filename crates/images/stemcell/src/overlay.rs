//! A partition with changes that are not written yet: a filesystem is changed here first,
//! looked at by another reader, and only then written to the image.

use crate::disk::Disk;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Changes are kept in pieces of this size.
const PIECE: u64 = 4096;
/// A cluster of qcow2 as all tools make it: reading one costs decompressing all of it.
const CLUSTER: u64 = 64 << 10;
/// So many clusters that were read are kept (2 MiB).
const KEPT: usize = 32;
/// So much may change at most (32 MiB): writing one file changes some dozens of KiB, replaying
/// a journal at most the journal.
const MOST: usize = (32 << 20) / PIECE as usize;

/// One partition of a disk, shared by those who read and write it.
#[derive(Clone)]
pub(crate) struct Overlay(Arc<Mutex<State>>);

struct State {
    disk: Disk,
    start: u64,
    size: u64,
    changed: BTreeMap<u64, Vec<u8>>,
    read: Vec<(u64, Vec<u8>)>,
    /// The error that the filesystem's own error type has no room for.
    failed: Option<io::Error>,
}

impl Overlay {
    /// The `size` bytes of `disk` from `start` on.
    pub(crate) fn new(disk: Disk, start: u64, size: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            disk,
            start,
            size,
            changed: BTreeMap::new(),
            read: Vec::new(),
            failed: None,
        })))
    }

    /// The size of the partition in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.lock().size
    }

    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut state = self.lock();
        let outcome = state.read_at(buffer, offset);
        state.remember(outcome)
    }

    pub(crate) fn write_at(&self, data: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.lock();
        let outcome = state.write_at(data, offset);
        state.remember(outcome)
    }

    /// How many bytes are changed.
    pub(crate) fn changed(&self) -> u64 {
        self.lock().changed.len() as u64 * PIECE
    }

    /// The first error that was met, for reasons that got lost on their way through a
    /// filesystem.
    pub(crate) fn take_error(&self) -> Option<io::Error> {
        self.lock().failed.take()
    }

    /// Writes the changes to the image, down to the disk below it.
    pub(crate) fn commit(&self) -> io::Result<()> {
        let mut state = self.lock();
        let start = state.start;
        for (offset, piece) in std::mem::take(&mut state.changed) {
            state.disk.write_at(&piece, start + offset)?;
        }
        state.read.clear();
        state.disk.sync()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remember(&mut self, outcome: io::Result<()>) -> io::Result<()> {
        if let Err(error) = &outcome
            && self.failed.is_none()
        {
            self.failed = Some(io::Error::new(error.kind(), error.to_string()));
        }
        outcome
    }

    fn check(&self, length: usize, offset: u64) -> io::Result<()> {
        match offset.checked_add(length as u64) {
            Some(end) if end <= self.size => Ok(()),
            _ => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("byte {offset} is beyond the end of the partition, {}", self.size),
            )),
        }
    }

    fn read_at(&mut self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        self.check(buffer.len(), offset)?;
        while !buffer.is_empty() {
            let within = offset % PIECE;
            let length = buffer.len().min((PIECE - within) as usize);
            let (now, rest) = buffer.split_at_mut(length);
            match self.changed.get(&(offset - within)) {
                Some(piece) => now.copy_from_slice(&piece[within as usize..][..length]),
                None => self.read_below(now, offset)?,
            }
            offset += length as u64;
            buffer = rest;
        }
        Ok(())
    }

    /// Reads what does not cross the end of a piece from the image, by whole clusters of it.
    fn read_below(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        // Clusters count from the start of the disk; a piece may lie across two of them.
        let mut done = 0;
        while done < buffer.len() {
            let at = self.start + offset + done as u64;
            let within = at % CLUSTER;
            let length = (buffer.len() - done).min((CLUSTER - within) as usize);
            let cluster = self.cluster(at - within)?;
            buffer[done..done + length].copy_from_slice(&cluster[within as usize..][..length]);
            done += length;
        }
        Ok(())
    }

    fn cluster(&mut self, at: u64) -> io::Result<&[u8]> {
        if let Some(index) = self.read.iter().position(|(start, _)| *start == at) {
            let kept = self.read.remove(index);
            self.read.push(kept);
        } else {
            let length = CLUSTER.min(self.disk.size().saturating_sub(at));
            let mut bytes = vec![0; length as usize];
            self.disk.read_at(&mut bytes, at)?;
            if self.read.len() == KEPT {
                self.read.remove(0);
            }
            self.read.push((at, bytes));
        }
        Ok(self.read.last().map_or(&[], |(_, bytes)| bytes))
    }

    fn write_at(&mut self, mut data: &[u8], mut offset: u64) -> io::Result<()> {
        self.check(data.len(), offset)?;
        while !data.is_empty() {
            let within = offset % PIECE;
            let start = offset - within;
            let length = data.len().min((PIECE - within) as usize);
            let (now, rest) = data.split_at(length);
            if !self.changed.contains_key(&start) {
                if self.changed.len() == MOST {
                    return Err(io::Error::other(
                        "too much of the filesystem would change; mount it once and unmount it, then try again",
                    ));
                }
                let mut piece = vec![0; PIECE.min(self.size - start) as usize];
                self.read_below(&mut piece, start)?;
                self.changed.insert(start, piece);
            }
            if let Some(piece) = self.changed.get_mut(&start) {
                piece[within as usize..][..length].copy_from_slice(now);
            }
            offset += length as u64;
            data = rest;
        }
        Ok(())
    }
}
