//! What will happen, and when: the queue of events.

use jiff::Timestamp;
use std::collections::BTreeMap;

/// Something that will happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A guest comes one step further.
    Guest(u64, Step),
    /// A hardware server comes one step further; with its order.
    Server(u64, u64, Step),
    /// A volume comes one step further.
    Volume(u64, Step),
    /// An order is approved.
    Order(u64),
    /// What an order changes is changed.
    OrderDone(u64),
    /// An image has come in.
    ImageImported(u64),
    /// An image is gone.
    ImageDeleted(u64),
    /// A global address leads where it should.
    Routed(u64),
    /// What should have happened does not.
    Failed(Box<Event>),
}

/// A step in the life of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is placed on a host.
    Placed,
    /// It has its addresses.
    Addressed,
    /// It runs.
    Provisioned,
    /// Its transaction ends.
    Idle,
    /// It is gone.
    Reclaimed,
}

/// What will happen, the next first.
#[derive(Debug, Clone, Default)]
pub struct EventQueue {
    queue: BTreeMap<(Timestamp, u64), Event>,
    next: u64,
}

impl EventQueue {
    /// Adds something. What falls due at the same moment happens in the order in which it came.
    pub fn push(&mut self, at: Timestamp, event: Event) {
        self.next += 1;
        self.queue.insert((at, self.next), event);
    }

    /// The next that has fallen due.
    pub fn pop(&mut self, now: Timestamp) -> Option<(Timestamp, Event)> {
        let entry = self.queue.first_entry().filter(|entry| entry.key().0 <= now)?;
        let ((at, _), event) = entry.remove_entry();
        Some((at, event))
    }
}
