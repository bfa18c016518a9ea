//! One transport for every cloud: TLS, proxy, deadlines, retry by effect, and the truth about
//! what may have happened when an answer is missing.
//!
//! API crates build `http::Request`s without I/O; [`Transport`] sends them.

mod cloud_error;
mod connector;
mod deadline;
mod effect;
mod error;
mod exchanged;
mod outage;
mod outcome;
mod poll;
mod proxy;
mod resource;
mod retry;
mod schedule;
mod scrub;
mod secret;
mod settings;
mod spans;
mod tls;
mod tls_fault;
mod tracked_body;
mod transport;
mod upload;

pub use cloud_error::CloudError;
pub use deadline::Deadline;
pub use effect::Effect;
pub use error::SendError;
pub use exchanged::{CALL_FIELD, Exchanged, POLL_FIELD, TOOK_FIELD};
pub use outage::{Reachability, Tries};
pub use outcome::Outcome;
pub use poll::{jittered_pause, pause, paused};
pub use resource::CloudResource;
pub use retry::{Retry, Waits};
pub use schedule::{Durations, REMEMBERED_DURATIONS, Schedule, remember_duration};
pub use scrub::Scrubber;
pub use secret::{Secret, expose, reveal};
pub use settings::{Proxy, Tls, TransportError, TransportSettings};
pub use spans::{API_SPAN, WAIT_SPAN, api_span, wait_span};
pub use tls::{Roots, client_config};
pub use tls_fault::TlsFault;
pub use transport::Transport;
pub use upload::{Put, Upload, Uploaded, put, upload};
