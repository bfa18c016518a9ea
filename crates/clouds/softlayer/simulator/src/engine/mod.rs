//! The way of one call: read, admitted, dispatched, masked, answered. The services are handed in
//! from above.

mod admission;
mod call;
mod dispatch;
mod exception;
mod filter;
mod log;
mod mask;
mod read;
mod render;
mod service;

pub use call::{Call, Request, flag, number, words};
pub use dispatch::{answer, understands};
pub use exception::Exception;
pub use filter::Filter;
pub use mask::{Mask, Wanted};
pub use service::{Answer, Handler, Service};
