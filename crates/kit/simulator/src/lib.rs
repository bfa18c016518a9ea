//! What every embedded cloud is made of: its time, how long calls take, the faults that strike
//! them, the log of them, the connections that a fault can cut, the ports where machines read
//! their metadata, the agents in them, the control API, and the thread that serves it all. Nothing here knows which
//! cloud it is.

pub mod agents;
mod calls;
pub mod clock;
mod cloud;
mod connection_cut;
mod control;
mod distortion;
pub mod fault;
pub mod inject;
mod latency;
pub mod lie;
mod metadata_listeners;
mod server;

pub use calls::{CallLog, CallRecord};
pub use cloud::{Reply, SimulatedCloud};
pub use connection_cut::{ConnectionCut, CuttableListener, CuttableStream};
pub use control::router as control_router;
pub use latency::{Latencies, Latency};
pub use metadata_listeners::MetadataListeners;
pub use server::{Server, StartError};
