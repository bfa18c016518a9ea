//! What the log of calls says of a request: no secret.

use super::Request;
use serde_json::Value;

/// Keys whose values never stand in the log.
const SECRET: &[&str] = &["userData", "password", "ibmApiKey", "ibmSecretKey", "ibmAccessKey"];

/// The parameters of a request, without secrets.
pub fn parameters(request: &Request) -> Vec<(String, String)> {
    let mut told: Vec<(String, String)> =
        request.query.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let Ok(call) = request.call() else { return told };
    if let Some(id) = call.id {
        told.push(("id".to_owned(), id.to_string()));
    }
    // User data is all that this method is given.
    if call.method != "setUserMetadata" && !call.arguments.is_empty() {
        let arguments = Value::Array(call.arguments.iter().map(without_secrets).collect());
        told.push(("parameters".to_owned(), arguments.to_string()));
    }
    told
}

fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let told = |(name, value): (&String, &Value)| match SECRET.contains(&name.as_str()) {
                true => (name.clone(), Value::from("…")),
                false => (name.clone(), without_secrets(value)),
            };
            Value::Object(fields.iter().map(told).collect())
        }
        Value::Array(values) => Value::Array(values.iter().map(without_secrets).collect()),
        other => other.clone(),
    }
}

/// Seconds since the epoch, for logs.
pub fn seconds(time: jiff::Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1000.0
}
