//! What every cloud's provider does alike: the journal of a call, names that tell whose a thing
//! is, what may be deleted as garbage, what a check found, what is remembered between calls,
//! and [`Provider`], through which the binary asks any of them.
//!
//! A provider keeps a [`CallJournal`], lists its [`OwnedResource`]s and makes its checks; all else that the
//! binary asks follows from that. Nothing here knows a cloud.

mod cache;
mod capture;
mod doctor;
mod durations;
mod dyn_provider;
pub mod errors;
mod gc;
mod journal;
pub mod naming;
pub mod ownership;
mod plugin;
mod progress;
pub mod properties;
mod provider;
mod publisher;
mod setup;
mod state_dir;
mod state_file;
mod verdict;

pub use self::journal::CallJournal;
pub use self::provider::Provider;
pub use cache::{Cache, Cacheable};
pub use capture::{Capture, Captured, Keep, Sharing};
pub use doctor::{Finding, Level, Questions};
pub use durations::DurationsFile;
pub use dyn_provider::{DynProvider, LocalBoxFuture};
pub use gc::{
    Found, GcPolicy, OwnedResource, Persistent, RUNNING_VM, ResourceRole, SERVER, Verdict,
};
pub use ownership::{Claim, NotOwned, Owned};
pub use plugin::{CloudPlugin, PluginSchemas};
pub use progress::Progress;
pub use publisher::Publisher;
pub use setup::Setup;
pub use state_dir::StateDir;
