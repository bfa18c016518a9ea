//! The real binary: bytes in, bytes out, as a director or a person starts it.

mod bare_root;
mod clouds;
mod commands;
mod conformance;
mod create_env;
mod demo;
mod heavy_stemcells;
mod images;
mod interpolate;
mod journal;
mod left_behind;
mod logs;
mod protocol;
mod quick_start;
mod readme;
mod rehearse;
mod release;
mod secrets;
mod traces;
