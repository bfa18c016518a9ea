//! The way of one call: decoded, its caller found, dispatched, answered.

mod admission;
pub mod answer;
mod calls;
mod dispatch;
pub mod fault;
pub mod http;
mod job;
mod named;
mod params;
mod refusal;
pub mod signature;
mod table;
pub mod wire;
mod xml;

pub use admission::Throttle;
pub use answer::{Answer, Page, fields, value};
pub use calls::{CallLog, CallRecord};
pub use dispatch::{Reply, Request, seconds};
pub use job::{Job, JobRecord, Jobs};
pub use named::{gone, live_id};
pub use params::Params;
pub use refusal::Refusal;
pub use table::{Call, Command, Handler};
