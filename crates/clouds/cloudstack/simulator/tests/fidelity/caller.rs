//! Sends signed requests. The signature is computed here a second time, by the book and apart
//! from the client's code, so that a mistake in one does not hide behind the same in the other.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;

/// An account's keys.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Sent as `apikey`.
    pub api_key: String,
    /// Signs.
    pub secret_key: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// The body.
    pub body: Value,
}

/// Speaks to one simulator.
#[derive(Debug)]
pub struct Caller {
    client: reqwest::Client,
    endpoint: String,
}

impl Caller {
    /// A caller of this endpoint.
    pub fn new(endpoint: &str) -> Self {
        Self { client: reqwest::Client::new(), endpoint: endpoint.to_owned() }
    }

    /// Signs and sends one request.
    pub async fn send(&self, method: &str, keys: &Keys, params: &[(String, String)]) -> Reply {
        let mut params = params.to_vec();
        params.push(("apikey".to_owned(), keys.api_key.clone()));
        params.push(("signature".to_owned(), signature(&keys.secret_key, &params)));
        let form: Vec<String> = params
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let request = match method {
            "GET" => self.client.get(format!("{}?{}", self.endpoint, form.join("&"))),
            _ => self
                .client
                .post(&self.endpoint)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.join("&")),
        };
        let response = request.send().await.expect("the simulator answers");
        let status = response.status().as_u16();
        let content_type = response
            .headers()
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let bytes = response.bytes().await.expect("the whole answer comes");
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Reply { status, content_type, body }
    }
}

/// cloudstack-api 1.2: sorted, values encoded, all in lower case, HMAC-SHA1, base64.
fn signature(secret: &str, params: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = params.iter().collect();
    sorted.sort();
    let joined: Vec<String> =
        sorted.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("any key length will do");
    mac.update(joined.join("&").to_lowercase().as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

/// Java's URL encoding with `%20` for the space.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
