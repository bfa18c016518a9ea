//! What happens when an event has fallen due.

use crate::state::{Cloud, Event};

/// Lets it happen. What is gone meanwhile has no further steps.
pub fn apply(cloud: &mut Cloud, event: Event) {
    match event {
        Event::Guest(id, step) => cloud.guest_step(id, step),
        Event::Server(id, order, step) => cloud.server_step(id, order, step),
        Event::Volume(id, step) => cloud.volume_step(id, step),
        Event::Order(id) => cloud.approve(id),
        Event::OrderDone(id) => cloud.complete(id),
        Event::ImageImported(id) => cloud.image_imported(id),
        Event::ImageDeleted(id) => drop(cloud.images.remove(&id)),
        Event::Routed(id) => {
            if let Some(address) = cloud.global_addresses.get_mut(&id) {
                address.transaction = None;
            }
        }
        Event::Failed(event) => fail(cloud, *event),
    }
}

/// Orders are declined and imports come to nothing; anything else is left as it is, for ever.
fn fail(cloud: &mut Cloud, event: Event) {
    match event {
        Event::Order(id) | Event::OrderDone(id) => cloud.decline(id),
        Event::ImageImported(id) => cloud.image_not_imported(id),
        stuck => tracing::debug!(?stuck, "a fault of the world keeps it so"),
    }
}
