//! The API: requests, answers, and the recorded catalogue.

mod client;
mod reference;
#[path = "../../../../../kit/http/tests/it/scripted/mod.rs"]
mod scripted;
