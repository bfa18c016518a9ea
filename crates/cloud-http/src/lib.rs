//! One transport for every cloud: TLS, proxy, deadlines, retry by effect, and the truth about
//! what may have happened when an answer is missing.
//!
//! API crates build `http::Request`s without I/O; [`Transport`] sends them.

mod deadline;
mod effect;
mod outcome;
mod retry;
mod secret;
mod transport;

pub use deadline::Deadline;
pub use effect::Effect;
pub use outcome::Outcome;
pub use retry::Retry;
pub use secret::{Secret, expose};
pub use transport::{Proxy, SendError, Tls, Transport, TransportError, TransportSettings};
