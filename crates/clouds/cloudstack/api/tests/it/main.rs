//! The API: requests, answers, jobs, and the recordings of a running cloud.

mod client;
mod jobs;
mod phrases;
mod reference;
#[path = "../../../../../kit/http/tests/it/scripted/mod.rs"]
mod scripted;
mod transcripts;
