//! `/sim/…`: what a driver of the simulator may ask and set behind the API's back. It is not
//! part of CloudStack, and takes no keys. A fault may kill a process, so a web page in somebody's
//! browser must not reach it: requests name a loopback host, and changes come as JSON, which no
//! page may send elsewhere unasked.

use crate::engine::fault::Fault;
use crate::inventory::{Inventory, JobEntry};
use crate::running::Shared;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use std::net::IpAddr;

/// Serves the control API.
pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/sim/inventory", get(inventory))
        .route("/sim/calls", get(calls))
        .route("/sim/calls/clear", post(clear_calls))
        .route("/sim/jobs", get(jobs))
        .route("/sim/agents", get(agents))
        .route("/sim/faults", get(faults).post(declare_faults).delete(clear_faults))
        .layer(middleware::from_fn(guard))
        .with_state(shared)
}

/// Lets through what cannot come from a web page.
async fn guard(request: Request, next: Next) -> Response {
    if may_come_in(&request) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "ask by address, and POST application/json").into_response()
}

fn may_come_in(request: &Request) -> bool {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let host = header(header::HOST).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let ours = name == "localhost" || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let json = header(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    ours && (request.method() != Method::POST || json)
}

fn json(value: impl Serialize) -> Response {
    axum::Json(crate::engine::value(value)).into_response()
}

async fn inventory(State(shared): State<Shared>) -> Response {
    json(Inventory::of_running(&shared))
}

async fn agents(State(shared): State<Shared>) -> Response {
    json(shared.agents())
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
