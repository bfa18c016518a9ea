//! The way of one call: read, admitted, dispatched, masked, answered.

mod admission;
mod call;
pub(crate) mod dispatch;
mod exception;
mod filter;
pub mod http;
pub(crate) mod lie;
mod log;
mod mask;
pub(crate) mod render;

pub use admission::Throttle;
pub use call::{Call, Request, flag, number, words};
pub use dispatch::{Answer, Handler};
pub use exception::Exception;
pub use filter::Filter;
pub use mask::Mask;
