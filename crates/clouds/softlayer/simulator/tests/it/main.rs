//! The simulated SoftLayer, asked over HTTP.

mod agents;
mod api;
mod around;
mod catalogue;
mod guests;
mod protocol;
mod servers;
mod softlayer_python;
mod storage;
