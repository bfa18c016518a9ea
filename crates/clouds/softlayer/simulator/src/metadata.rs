//! `SoftLayer_Resource_Metadata`: what a machine may ask about itself, without a key. The real
//! service knows it by the address that it asks from; here each machine has a port of its own,
//! which the inventory shows.

use crate::machines;
use crate::object_ref::{Machine, Node, ObjectRef};
use crate::shared::Shared;
use crate::state::Cloud;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Where the machines' metadata services listen, by machine.
pub fn addresses(shared: &Shared) -> BTreeMap<String, SocketAddr> {
    let names = {
        let mut cloud = shared.cloud();
        cloud.settle();
        machines::names(&cloud)
    };
    shared.metadata_listeners().open(names, |machine| service(shared, machine))
}

/// What answers a machine.
fn service(shared: &Shared, machine: &str) -> Router {
    let asker = Asker { shared: shared.clone(), machine: machine.to_owned() };
    let path = "/SoftLayer_Resource_Metadata/{method}";
    Router::new()
        .route(&format!("/rest/v3{path}"), get(answer))
        .route(&format!("/rest/v3.1{path}"), get(answer))
        .with_state(asker)
}

/// The machine that asks.
#[derive(Debug, Clone)]
struct Asker {
    shared: Shared,
    machine: String,
}

async fn answer(State(asker): State<Asker>, Path(method): Path<String>) -> Response {
    let mut cloud = asker.shared.cloud();
    cloud.settle();
    let method = method.strip_suffix(".json").unwrap_or(&method);
    let known = machines::find(&cloud, &asker.machine).and_then(|it| answer_of(&cloud, it, method));
    match known {
        Some(value) => axum::Json(value).into_response(),
        None => {
            let body = json!({
                "error": format!("Unable to find metadata: {method}"),
                "code": "SoftLayer_Exception_NotFound",
            });
            (StatusCode::NOT_FOUND, axum::Json(body)).into_response()
        }
    }
}

fn answer_of(cloud: &Cloud, machine: Machine, method: &str) -> Option<Value> {
    let read = |name: &str| match cloud.read(machine.object(), name) {
        Node::Value(value) => value,
        _ => Value::Null,
    };
    Some(match method {
        // A text, quoted as JSON is; null where there is none.
        "getUserMetadata" => read("userData")[0]["value"].clone(),
        "getHostname" => read("hostname"),
        "getDomain" => read("domain"),
        "getFullyQualifiedDomainName" => read("fullyQualifiedDomainName"),
        "getGlobalIdentifier" => read("globalIdentifier"),
        "getId" => read("id"),
        "getPrimaryIpAddress" => read("primaryIpAddress"),
        "getPrimaryBackendIpAddress" => read("primaryBackendIpAddress"),
        "getDatacenter" => match cloud.read(machine.object(), "datacenter") {
            Node::One(Some(ObjectRef::Location(id))) => json!(cloud.locations.get(&id)?.spec.name),
            _ => return None,
        },
        _ => return None,
    })
}
