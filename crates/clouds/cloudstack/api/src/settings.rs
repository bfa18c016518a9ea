//! What a client needs to know.

use crate::Error;
use cloud_http::{Retry, Secret, TransportSettings};
use std::time::Duration;

/// An API key pair.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The API key.
    pub api_key: Secret,
    /// The secret key, with which requests are signed.
    pub secret_access_key: Secret,
}

/// What a client needs to know.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// The API's URL: `https://cloud.example:8443/client/api`.
    pub endpoint: String,
    /// Whose calls they are.
    pub credentials: Credentials,
    /// TLS and proxy.
    pub transport: TransportSettings,
    /// The longest wait for the answer to one request.
    pub request_timeout: Duration,
    /// How often a request may be sent again, where it may be at all.
    pub retry: Retry,
    /// For so long a request whose answer was lost may still arrive.
    pub arrival: Duration,
}

impl ClientSettings {
    /// The usual settings for an endpoint.
    pub fn new(endpoint: impl Into<String>, credentials: Credentials) -> Self {
        Self {
            endpoint: endpoint.into(),
            credentials,
            transport: TransportSettings::default(),
            request_timeout: Duration::from_secs(60),
            retry: Retry::default(),
            arrival: Duration::from_secs(2),
        }
    }

    /// The endpoint as a URI, or what is wrong with it. Credentials in it are not repeated.
    pub(crate) fn endpoint(&self) -> Result<http::Uri, Error> {
        let bad = |what: &str| {
            let example = "it must look like https://cloud.example:8443/client/api";
            Error::Settings(format!("endpoint: {what}; {example}"))
        };
        let uri: http::Uri = self.endpoint.trim().parse().map_err(|_| bad("not a URL"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(bad("neither http nor https"));
        }
        match uri.authority() {
            Some(authority) if authority.as_str().contains('@') => Err(bad("holds credentials")),
            Some(authority) if !authority.host().is_empty() => Ok(()),
            _ => Err(bad("no host")),
        }?;
        if uri.query().is_some() {
            return Err(bad("holds a query"));
        }
        Ok(uri)
    }
}
