//! The BOSH CPI contract: what a director (or the `bosh` CLI) sends to an external CPI, and
//! what it accepts as an answer.
//!
//! This crate is pure. It reads no file, opens no socket and needs no async runtime; a cloud's
//! provider implements [`Cpi`], and the binary moves bytes in and out.
//!
//! ```text
//! bytes → Request → Call (typed arguments) → Cpi method → IntoResult → Response → bytes
//! ```

pub mod agent;
pub mod answer;
pub mod argument;
pub mod cid;
pub mod config;
pub mod error;
mod hashes;
pub mod method;
pub mod network;
pub mod properties;
pub mod request;
pub mod response;
pub mod size;

pub use answer::{ApiVersion, DiskHint, Info, IntoResult, IscsiHint, VmCreated};
pub use cid::{DiskCid, NetworkCid, SnapshotCid, StemcellCid, VmCid};
pub use error::{CpiError, ErrorKind, Result};
pub use method::{Call, Cpi, METHODS, Method};
pub use network::{Network, NetworkKind, Networks};
pub use properties::CloudProperties;
pub use request::Request;
pub use response::Response;
pub use size::{GiB, MiB};
