//! The real binary: bytes in, bytes out, as a director or a person starts it.

mod bare_root;
#[cfg(feature = "lab")]
mod clouds;
mod commands;
mod conformance;
mod create_env;
#[cfg(feature = "lab")]
mod demo;
#[cfg(feature = "lab")]
mod environment;
mod heavy_stemcells;
mod images;
mod interpolate;
mod journal;
#[cfg(feature = "lab")]
mod lab_commands;
mod left_behind;
mod logs;
mod protocol;
#[cfg(feature = "lab")]
mod quick_start;
mod readme;
#[cfg(feature = "lab")]
mod rehearse;
mod release;
#[cfg(not(feature = "lab"))]
mod release_binary;
mod secrets;
mod support;
mod traces;
