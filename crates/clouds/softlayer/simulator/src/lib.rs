//! An embedded SoftLayer (IBM Cloud Classic): the real REST API over an account in memory, so
//! that a driver can be run, tested and shown without one.
//!
//! The way of a call: [`engine`] reads it, finds who calls and looks up its method in the table
//! of its service in `services`; the method reads and changes the tables of [`state`], where what
//! takes time is queued; what is answered is cut to what the object mask wants, by the facts of
//! [`types`]. A new method is a handler in the file of its service and a line in the table there.
//! What was there before the first call is said by a [`World`].
//!
//! The floors, from the bottom up: [`world`], [`types`], [`object_ref`]; [`state`]; [`engine`];
//! `services`; `shared` and what looks at it (`metadata`, `inventory`, `agents`, `simulated`,
//! `http`); `running`.

mod agents;
pub mod engine;
mod http;
mod inventory;
mod lie;
mod machines;
mod metadata;
pub mod object_ref;
mod running;
#[allow(missing_docs, reason = "tables of properties and methods: their names are SoftLayer's")]
mod services;
mod shared;
mod simulated;
pub mod state;
pub mod types;
pub mod world;

pub use inventory::{BilledEntry, Entry, Inventory, TransactionEntry, VmEntry, VolumeEntry};
pub use running::{Credentials, Running, Simulator, StartError};
pub use shared::Shared;
pub use world::{World, WorldError};

/// Whether a call of this method with this mask is served: what is wrong with it, if it is not.
pub fn understands(service: &str, method: &str, mask: Option<&str>) -> Result<(), String> {
    engine::understands(services::SERVICES, service, method, mask)
}
