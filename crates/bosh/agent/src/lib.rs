//! A client of the BOSH agent's HTTPS message bus, as create-env has it: messages, tasks that
//! are polled, blobs, and what is applied.
//!
//! ```text
//! Agent::ping, apply, … ──► ask (one message) ──► POST /agent ──► value or exception
//!                            run (a task) ──► get_task until it has ended
//!       put_blob, get_blob ──► PUT, GET /blobs/xx/<id>
//! ```
//!
//! Source: bosh-agent `mbus/https_handler.go`, `agent/action/`; bosh-cli `agentclient/http/`.

mod agent;
mod blobs;
mod certificate;
mod client;
mod error;
mod mbus;
mod messages;
mod spec;
mod task;

pub use agent::Agent;
pub use certificate::{CertificateProblem, Identity, check_certificate};
pub use error::{AgentError, Failure};
pub use mbus::{InvalidMbus, Mbus};
pub use messages::{AgentState, CompiledPackage, Process};
pub use spec::{ApplySpec, BlobRef, JobSpec, JobTemplate, PackageSpec};
pub use task::Patience;
