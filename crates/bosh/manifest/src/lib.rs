//! BOSH manifests as the `bosh` CLI understands them: YAML 1.1 in and out, operations files,
//! variables and their generation.
//!
//! This crate is pure: it opens no file and reads no environment. What it needs of them is handed
//! in as text, as a [`Value`] or as a trait object.
//!
//! ```text
//! text → Value → operations → variables → Value → text
//! ```

pub mod certificate;
pub mod generation;
pub mod json;
pub mod operations;
pub mod value;
pub mod variables;
pub mod yaml;

pub use value::{Key, Map, Value};
