//! Makes the BOSH release of what stands under `release/` and a binary, and checks it.
//!
//! The job's spec is generated from `docs/schema.json`, so that it has every property that the
//! CPI has. The tarball needs neither the network nor the bosh CLI, and the same input gives
//! the same bytes.

pub use bosh_release::archive;
pub mod binary;
pub mod check;
pub mod cloud_job;
pub mod conform;
pub mod image_job;
pub mod imports;
pub mod job;
pub mod page;
pub mod release;
pub mod schema;
pub mod softlayer_types;
pub mod spec;

use std::path::PathBuf;

/// The root of this repository.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.."))
}
