//! How many connections there may be, so that file descriptors are left for files, and one address
//! cannot take them all.

use crate::origin::Origin;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a server takes at most, where the system allows it.
const MOST: usize = 512;
/// Descriptors that are not for connections: the log, the lock, the listeners, the folder.
const OTHERS: usize = 32;
/// What a connection may take: itself and the file that it reads or writes, with some to spare.
const EACH: usize = 3;

/// The connections of one listener.
pub struct ConnectionLimit {
    slots: Arc<Semaphore>,
    each_origin: usize,
    origins: Mutex<HashMap<Origin, usize>>,
}

/// A connection that is counted until this is dropped.
pub struct Slot {
    limit: Arc<ConnectionLimit>,
    origin: Origin,
    _permit: OwnedSemaphorePermit,
}

impl ConnectionLimit {
    /// `slots` connections, of which one origin may have half.
    pub fn new(slots: usize) -> Arc<Self> {
        let slots = slots.max(2);
        Arc::new(Self {
            slots: Arc::new(Semaphore::new(slots)),
            each_origin: slots / 2,
            origins: Mutex::new(HashMap::new()),
        })
    }

    /// Waits until another connection may be accepted.
    pub async fn free_slot(&self) -> OwnedSemaphorePermit {
        match Arc::clone(&self.slots).acquire_owned().await {
            Ok(permit) => permit,
            // Nobody closes it.
            Err(_) => std::future::pending().await,
        }
    }

    /// Counts a connection; `None` where its origin has too many.
    pub fn admit(self: &Arc<Self>, permit: OwnedSemaphorePermit, origin: Origin) -> Option<Slot> {
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        let count = origins.entry(origin).or_default();
        if *count >= self.each_origin {
            return None;
        }
        *count += 1;
        Some(Slot { limit: Arc::clone(self), origin, _permit: permit })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut origins = self.limit.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = origins.get_mut(&self.origin) {
            *count -= 1;
            if *count == 0 {
                origins.remove(&self.origin);
            }
        }
    }
}

/// How many connections all listeners together may have under the system's limit of descriptors.
pub fn affordable() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let descriptors =
        limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    (descriptors.saturating_sub(OTHERS) / EACH).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    /// One address gets half of the slots, so that another finds one; what ends is given back.
    #[tokio::test]
    async fn one_address_cannot_take_all() {
        let limit = ConnectionLimit::new(4);
        let origin = |text: &str| Origin::of(text.parse::<IpAddr>().unwrap());
        let greedy = origin("192.0.2.1");
        let one = limit.admit(limit.free_slot().await, greedy).unwrap();
        let _two = limit.admit(limit.free_slot().await, greedy).unwrap();
        assert!(limit.admit(limit.free_slot().await, greedy).is_none());
        let _three = limit.admit(limit.free_slot().await, origin("192.0.2.2")).unwrap();
        drop(one);
        assert!(limit.admit(limit.free_slot().await, greedy).is_some());
    }
}
