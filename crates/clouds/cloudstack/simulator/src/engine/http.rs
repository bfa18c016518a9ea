//! The HTTP front: `/client/api` speaks CloudStack's protocol.

use super::{Reply, Request, fault};
use crate::Shared;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use simulator_kit::ConnectionCut;

/// Serves the API.
pub fn router(shared: Shared) -> Router {
    Router::new().route("/client/api", any(api)).route("/client/api/", any(api)).with_state(shared)
}

async fn api(
    State(shared): State<Shared>,
    ConnectInfo(wire): ConnectInfo<ConnectionCut>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = read(&method, query.as_deref(), &headers, &body);
    let Some(reply) = fault::answer(&shared, &request, &wire).await else {
        return StatusCode::NO_CONTENT.into_response(); // never arrives: the wire is cut
    };
    if !reply.delay.is_zero() && !shared.cloud().clock.is_virtual() {
        tokio::time::sleep(reply.delay).await;
    }
    let now = shared.cloud().clock.now();
    write(reply, now)
}

/// Parameters come in the query and in a form body; those of the query win.
fn read(method: &Method, query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Request {
    let post = method == Method::POST;
    let form = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let mut raw = Vec::new();
    if post && form {
        raw.extend(pairs(body));
    }
    for (name, value) in pairs(query.unwrap_or_default().as_bytes()) {
        raw.retain(|(known, _)| *known != name);
        raw.push((name, value));
    }
    Request { post, raw }
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

fn write(reply: Reply, now: jiff::Timestamp) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response =
        (status, [(header::CONTENT_TYPE, reply.content_type)], reply.body).into_response();
    // The cloud's time, by which clients find that their own clock is wrong.
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(header::DATE, date);
    }
    for (name, text) in reply.headers {
        if let Ok(text) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(name, text);
        }
    }
    response
}
