//! An embedded CloudStack: the real HTTP API over a cloud in memory, so that a driver can be
//! run, tested and shown without one.
//!
//! The way of a call: [`engine`] decodes it, finds who calls and looks up its handler in the
//! tables of `resources`; the handler reads and changes the tables of [`state`]; what takes time
//! becomes a job; images come in by `storage`, and [`agents`] live in VMs if asked. A new
//! command is a handler in the file of its resource and a line in the table there. What was there before the first call is said by a [`World`].

pub mod agents;
mod config_drive;
pub mod engine;
mod inventory;
mod metadata;
mod resources;
mod running;
mod shared;
pub mod state;
mod storage;
mod vm_facts;
pub mod world;

pub use inventory::{Entry, Inventory, JobEntry, TagEntry, VmEntry, VolumeEntry};
pub use resources::commands;
pub use running::{Credentials, Running, Simulator, StartError};
pub use shared::Shared;
pub use world::{World, WorldError};
