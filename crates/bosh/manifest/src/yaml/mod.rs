//! YAML 1.1 as the bosh CLI reads and writes it: booleans such as `yes` and `n`, octal numbers,
//! merge keys, the last of two equal keys; sorted keys on the way out.
//!
//! The rules are those of the library that the CLI uses (Go's yaml.v2, 2.4.0), since manifests
//! are written for it, and since a state file holds a digest of what it would write.

mod composer;
mod emitter;
mod key_order;
mod scalar;
mod timestamp;

pub use composer::{YamlError, parse};
pub use emitter::write;
pub use scalar::float_text;
