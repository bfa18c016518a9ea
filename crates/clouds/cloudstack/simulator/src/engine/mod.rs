//! The way of one call: decoded, its caller found, dispatched, answered.

mod admission;
pub mod answer;
pub mod base64;
mod dispatch;
pub mod fault;
pub mod http;
mod job;
pub(crate) mod lie;
mod params;
mod params_ids;
mod refusal;
pub mod roles;
pub mod signature;
mod table;
mod xml;

pub use admission::Throttle;
pub use answer::{Answer, Page, fields, value};
pub use dispatch::{Request, seconds};
pub use job::{FIRST as FIRST_JOB, Job, JobRecord, Jobs};
pub use params::Params;
pub use params_ids::{gone, live_id};
pub use refusal::Refusal;
pub use simulator_kit::{CallLog, CallRecord, Reply};
pub use table::{Call, Command, Handler};
