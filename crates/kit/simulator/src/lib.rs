//! What every embedded cloud is made of: its time, how long calls take, the faults that strike
//! them, the log of them, the connections that a fault can cut, the ports where machines read
//! their metadata, the agents in them, the control API, and the thread that serves it all. Nothing here knows which
//! cloud it is.

pub mod agents;
mod calls;
pub mod clock;
mod control;
mod doors;
pub mod fault;
mod front;
mod latency;
mod server;
mod wire;

pub use calls::{CallLog, CallRecord};
pub use control::router as control_router;
pub use doors::Doors;
pub use front::{Front, Reply};
pub use latency::{Latencies, Latency};
pub use server::{Server, StartError};
pub use wire::{CuttableListener, CuttableStream, Wire};
