//! The HTTP front: `/rest/v3.1/…` speaks SoftLayer's protocol, and `/identity/token` IAM's.

use crate::engine::Request;
use crate::shared::Shared;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use serde_json::json;
use simulator_kit::{ConnectionCut, Reply, inject};
use std::collections::BTreeMap;

/// Serves the API.
pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/rest/v3/{*path}", any(api))
        .route("/rest/v3.1/{*path}", any(api))
        .route("/identity/token", post(token))
        .with_state(shared)
}

async fn api(
    State(shared): State<Shared>,
    ConnectInfo(wire): ConnectInfo<ConnectionCut>,
    method: Method,
    Path(path): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    let request = Request {
        verb: method.as_str().to_owned(),
        path,
        query,
        authorization: authorization.map(str::to_owned),
        body: body.to_vec(),
    };
    let Some(reply) = inject::answer(&shared, &request, &wire).await else {
        return StatusCode::NO_CONTENT.into_response(); // never arrives: the wire is cut
    };
    if !reply.delay.is_zero() && !shared.cloud().clock.is_virtual() {
        tokio::time::sleep(reply.delay).await;
    }
    write(reply)
}

fn write(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response =
        (status, [(header::CONTENT_TYPE, reply.content_type)], reply.body).into_response();
    for (name, text) in reply.headers {
        if let Ok(text) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(name, text);
        }
    }
    response
}

/// Gives a token for an IAM key.
async fn token(State(shared): State<Shared>, body: String) -> Response {
    let fields: BTreeMap<String, String> =
        form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let key = fields.get("apikey").map(String::as_str).unwrap_or_default();
    match shared.cloud().issue_token(key) {
        Some((token, seconds)) => {
            let body =
                json!({"access_token": token, "token_type": "Bearer", "expires_in": seconds});
            axum::Json(body).into_response()
        }
        None => {
            let body = json!({
                "errorCode": "BXNIM0415E",
                "errorMessage": "Provided API key could not be found.",
            });
            (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
        }
    }
}
