//! Stemcells as files, with the tools of Debian as judges.

mod common;
mod convert;
mod data_server;
mod hostile;
mod made;
mod patch;
mod unpack;
