//! `/sim/…`: what a driver of the simulator may ask and set behind the API's back. It is not
//! part of the cloud, and takes no keys. A fault may kill a process, so a web page in somebody's
//! browser must not reach it: requests name a loopback host, and changes come as JSON, which no
//! page may send elsewhere unasked.

use crate::cloud::SimulatedCloud;
use crate::fault::Fault;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use std::net::IpAddr;

/// Serves the control API.
pub fn router<F: SimulatedCloud>(cloud: F) -> Router {
    Router::new()
        .route("/sim/inventory", get(inventory::<F>))
        .route("/sim/calls", get(calls::<F>))
        .route("/sim/calls/clear", post(clear_calls::<F>))
        .route("/sim/jobs", get(jobs::<F>))
        .route("/sim/agents", get(agents::<F>))
        .route("/sim/faults", get(faults::<F>).post(declare_faults::<F>).delete(clear_faults::<F>))
        .layer(middleware::from_fn(guard))
        .with_state(cloud)
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
    axum::Json(value).into_response()
}

async fn inventory<F: SimulatedCloud>(State(cloud): State<F>) -> Response {
    json(cloud.inventory())
}

async fn agents<F: SimulatedCloud>(State(cloud): State<F>) -> Response {
    json(cloud.agents())
}

async fn calls<F: SimulatedCloud>(State(cloud): State<F>) -> Response {
    cloud.with_calls(|calls| json(calls.records()))
}

async fn clear_calls<F: SimulatedCloud>(State(cloud): State<F>) -> StatusCode {
    cloud.with_calls(|calls| calls.clear());
    StatusCode::NO_CONTENT
}

async fn jobs<F: SimulatedCloud>(State(cloud): State<F>) -> Response {
    json(cloud.jobs())
}

async fn faults<F: SimulatedCloud>(State(cloud): State<F>) -> Response {
    cloud.with_faults(|faults| json(&*faults))
}

/// A list of faults, in place of those before.
async fn declare_faults<F: SimulatedCloud>(
    State(cloud): State<F>,
    body: axum::body::Bytes,
) -> Response {
    let mut read = serde_json::Deserializer::from_slice(&body);
    match serde_path_to_error::deserialize::<_, Vec<Fault>>(&mut read) {
        Ok(declared) => {
            cloud.with_faults(|faults| faults.declare(declared));
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, format!("faults: {error}")).into_response(),
    }
}

async fn clear_faults<F: SimulatedCloud>(State(cloud): State<F>) -> StatusCode {
    cloud.with_faults(|faults| faults.declare(Vec::new()));
    StatusCode::NO_CONTENT
}
