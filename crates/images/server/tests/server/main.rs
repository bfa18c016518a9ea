//! The image server over real sockets.

mod harness;
mod limits;
mod serving;
