//! `/sim/…`: what a driver of the simulator may ask and set behind the API's back. It is not
//! part of CloudStack, and takes no keys: the simulator is reached by its own machine only.

use crate::engine::fault::Fault;
use crate::inventory::{Inventory, JobEntry};
use crate::running::Shared;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;

/// Serves the control API.
pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/sim/inventory", get(inventory))
        .route("/sim/calls", get(calls))
        .route("/sim/calls/clear", post(clear_calls))
        .route("/sim/jobs", get(jobs))
        .route("/sim/faults", get(faults).post(declare_faults).delete(clear_faults))
        .with_state(shared)
}

fn json(value: impl Serialize) -> Response {
    axum::Json(crate::engine::value(value)).into_response()
}

async fn inventory(State(shared): State<Shared>) -> Response {
    json(Inventory::of_running(&shared))
}

async fn calls(State(shared): State<Shared>) -> Response {
    json(shared.cloud().calls.records())
}

async fn clear_calls(State(shared): State<Shared>) -> StatusCode {
    shared.cloud().calls.clear();
    StatusCode::NO_CONTENT
}

async fn jobs(State(shared): State<Shared>) -> Response {
    let mut cloud = shared.cloud();
    cloud.settle();
    let jobs: Vec<JobEntry> = cloud.jobs.iter().map(JobEntry::of).collect();
    json(jobs)
}

async fn faults(State(shared): State<Shared>) -> Response {
    json(&shared.cloud().faults)
}

/// A list of faults, in place of those before.
async fn declare_faults(State(shared): State<Shared>, body: axum::body::Bytes) -> Response {
    let mut read = serde_json::Deserializer::from_slice(&body);
    match serde_path_to_error::deserialize::<_, Vec<Fault>>(&mut read) {
        Ok(faults) => {
            shared.cloud().faults.declare(faults);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, format!("faults: {error}")).into_response(),
    }
}

async fn clear_faults(State(shared): State<Shared>) -> StatusCode {
    shared.cloud().faults.declare(Vec::new());
    StatusCode::NO_CONTENT
}
