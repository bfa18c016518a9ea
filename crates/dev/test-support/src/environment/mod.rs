//! Environments of create-env for tests: what a manifest names, runs that can be killed, and the
//! crash matrix, on any cloud.

pub mod crashes;
mod parts;
mod stage;
pub mod worker;

pub use parts::{Parts, ReleaseTarball, Site, Wanted};
pub use stage::{Cloud, Stage};
