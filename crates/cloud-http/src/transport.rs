//! The HTTP client: one pool of connections for a call's lifetime.

use crate::{Deadline, Secret};
use bytes::Bytes;
use std::time::Duration;

/// How to reach the cloud.
#[derive(Debug, Clone, Default)]
pub struct TransportSettings {
    /// TLS verification.
    pub tls: Tls,
    /// The proxy, if there is one. The director passes no environment, so it comes from config.
    pub proxy: Option<Proxy>,
    /// The longest that connecting may take.
    pub connect_timeout: Option<Duration>,
}

/// TLS verification.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// PEM certificates trusted beside the system's.
    pub ca_cert: Option<String>,
    /// Take any certificate. Only for test clouds.
    pub skip_verify: bool,
}

/// A proxy.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// `http://host:port`, without credentials.
    pub url: String,
    /// Its user.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// Hosts that are reached without it, comma-separated.
    pub no_proxy: Option<String>,
}

/// The settings make no client: a bad CA or proxy.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);

/// Why no answer came, and whether the request may have arrived. Never holds a URL with keys.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It certainly never left: no connection.
    #[error("no connection: {0}")]
    NotSent(String),
    /// It left, or may have: connection reset, half an answer.
    #[error("the answer was lost: {0}")]
    MaybeSent(String),
    /// The deadline passed while waiting for the answer.
    #[error("no answer before the deadline")]
    TimedOut,
}

/// Sends requests.
#[derive(Debug, Clone)]
pub struct Transport {
    client: reqwest::Client,
}

impl Transport {
    /// Makes the client; opens no connection yet.
    pub fn new(_settings: &TransportSettings) -> Result<Self, TransportError> {
        let client =
            reqwest::Client::builder().build().map_err(|e| TransportError(e.to_string()))?;
        Ok(Self { client })
    }

    /// Sends one request once, and reads the whole answer.
    pub async fn send(
        &self,
        request: http::Request<Bytes>,
        deadline: Deadline,
    ) -> Result<http::Response<Bytes>, SendError> {
        let _ = (&self.client, request, deadline);
        todo!()
    }
}
