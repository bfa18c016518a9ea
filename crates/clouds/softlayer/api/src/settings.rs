//! What a client needs to know.

use crate::Error;
use cloud_http::{Retry, Secret, TransportSettings};
use std::time::Duration;

/// Who calls.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A user and its API key. An IAM API key goes with the user `apikey`.
    Key {
        /// The user: `1234_me@example.com`, or `apikey`.
        username: String,
        /// The key.
        api_key: Secret,
    },
    /// An IAM access token.
    Token(Secret),
}

/// The API as seen from anywhere.
pub const PUBLIC_ENDPOINT: &str = "https://api.softlayer.com/rest/v3.1";
/// The API as seen from within SoftLayer's private network.
pub const PRIVATE_ENDPOINT: &str = "https://api.service.softlayer.com/rest/v3.1";

/// What a client needs to know.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// The API's URL: [`PUBLIC_ENDPOINT`], [`PRIVATE_ENDPOINT`] or another.
    pub endpoint: String,
    /// Who calls.
    pub credentials: Credentials,
    /// TLS and proxy.
    pub transport: TransportSettings,
    /// The longest wait for the answer to one request.
    pub request_timeout: Duration,
    /// How often a request may be sent again, where it may be at all.
    pub retry: Retry,
}

impl ClientSettings {
    /// The usual settings for an endpoint.
    pub fn new(endpoint: impl Into<String>, credentials: Credentials) -> Self {
        Self {
            endpoint: endpoint.into(),
            credentials,
            transport: TransportSettings::default(),
            request_timeout: Duration::from_secs(120),
            retry: Retry::default(),
        }
    }

    /// The endpoint without a slash at its end, or what is wrong with it.
    pub(crate) fn endpoint(&self) -> Result<String, Error> {
        let bad = |what: &str| {
            let text = format!("api_endpoint: {what}; it must look like {PUBLIC_ENDPOINT}");
            Error::Settings(text)
        };
        let text = self.endpoint.trim().trim_end_matches('/');
        let uri: http::Uri = text.parse().map_err(|_| bad("not a URL"))?;
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
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_endpoint_is_named() {
        let endpoint =
            |text: &str| ClientSettings::new(text, Credentials::Token("token".into())).endpoint();
        assert_eq!(endpoint(&format!("{PUBLIC_ENDPOINT}/ ")).unwrap(), PUBLIC_ENDPOINT);
        for text in ["", "api.softlayer.com", "ftp://x", "https://u:p@x/rest", "https://x/?a=b"] {
            let error = endpoint(text).unwrap_err().to_string();
            assert!(error.starts_with("api_endpoint: "), "{text}: {error}");
        }
    }
}
