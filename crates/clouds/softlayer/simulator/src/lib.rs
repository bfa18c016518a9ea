//! An embedded SoftLayer (IBM Cloud Classic): the real REST API over an account in memory, so
//! that a driver can be run, tested and shown without one.
//!
//! The way of a call: [`engine`] reads it, finds who calls and looks up its method in the table
//! of its noun in [`noun`]; the method reads and changes the tables of [`state`], where what takes time is
//! queued; what is answered is cut to what the object mask wants, by the types of [`kind`]. A new
//! method is a handler in the file of its noun and a line in the table there. What was there
//! before the first call is said by a [`World`].

mod agents;
pub mod engine;
mod inventory;
pub mod kind;
mod metadata;
#[allow(missing_docs, reason = "tables of properties and methods: their names are SoftLayer's")]
pub mod noun;
mod running;
pub mod state;
pub mod thing;
pub mod world;

pub use inventory::{BilledEntry, Entry, Inventory, TransactionEntry, VmEntry, VolumeEntry};
pub use noun::understands;
pub use running::{Credentials, Running, Shared, Simulator, StartError};
pub use world::{World, WorldError};
