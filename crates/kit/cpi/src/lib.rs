//! What every cloud's provider does alike: the journal of a call, names that tell whose a thing
//! is, what may be deleted as garbage, what a check found, what is remembered between calls,
//! and [`Provider`], through which the binary asks any of them.
//!
//! A provider keeps a [`Journal`], lists its [`Thing`]s and makes its checks; all else that the
//! binary asks follows from that. Nothing here knows a cloud.

mod cache;
mod capture;
mod cloud;
mod doctor;
pub mod errors;
mod gc;
mod journal;
pub mod naming;
mod progress;
pub mod properties;
mod provider;
mod publisher;
mod setup;
mod state_dir;

pub use self::journal::Journal;
pub use self::provider::Provider;
pub use cache::{Cache, Remembered};
pub use capture::{Capture, Captured, Keep, Sharing};
pub use cloud::{Cloud, Work};
pub use doctor::{Finding, Level, Questions};
pub use gc::{Found, GcPolicy, Persistent, Purpose, Thing, Verdict};
pub use progress::Progress;
pub use publisher::Publisher;
pub use setup::Setup;
pub use state_dir::StateDir;
