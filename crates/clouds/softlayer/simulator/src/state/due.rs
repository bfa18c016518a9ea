//! What will happen, and when.

use super::Cloud;
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
pub struct Due {
    queue: BTreeMap<(Timestamp, u64), Event>,
    next: u64,
}

impl Due {
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

impl Cloud {
    /// Lets it happen. What is gone meanwhile has no further steps.
    pub(super) fn happen(&mut self, event: Event) {
        match event {
            Event::Guest(id, step) => self.guest_step(id, step),
            Event::Server(id, order, step) => self.server_step(id, order, step),
            Event::Volume(id, step) => self.volume_step(id, step),
            Event::Order(id) => self.approve(id),
            Event::OrderDone(id) => self.complete(id),
            Event::ImageImported(id) => self.image_imported(id),
            Event::ImageDeleted(id) => drop(self.images.remove(&id)),
            Event::Routed(id) => {
                if let Some(address) = self.global_addresses.get_mut(&id) {
                    address.transaction = None;
                }
            }
            Event::Failed(event) => self.fail(*event),
        }
    }

    /// Orders are declined and imports come to nothing; anything else is left as it is, for ever.
    fn fail(&mut self, event: Event) {
        match event {
            Event::Order(id) | Event::OrderDone(id) => self.decline(id),
            Event::ImageImported(id) => self.image_not_imported(id),
            stuck => tracing::debug!(?stuck, "a fault of the world keeps it so"),
        }
    }
}
