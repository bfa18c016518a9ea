//! The HTTP client: one pool of connections for a call's lifetime.

use crate::error::{SendError, causes, not_http, tls_fault};
use crate::proxy::Proxies;
use crate::settings::{TransportError, TransportSettings};
use crate::tls::certificates;
use crate::tracked_body::TrackedBody;
use crate::{Deadline, connector};
use bytes::{Bytes, BytesMut};
use std::sync::{Arc, OnceLock};

const ANSWER_LIMIT: usize = 64 << 20;

/// Sends requests. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Transport {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: TransportSettings,
    proxies: Proxies,
    http: OnceLock<reqwest::Client>,
    https: OnceLock<reqwest::Client>,
}

impl Transport {
    /// Checks the settings. The client behind it is made when first needed: reading the
    /// system's roots would be most of what a process without an API call does.
    pub fn new(settings: TransportSettings) -> Result<Self, TransportError> {
        certificates(settings.tls.ca_cert.as_deref())?;
        let proxies = Proxies::of(&settings)?;
        let inner = Inner { settings, proxies, http: OnceLock::new(), https: OnceLock::new() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Sends one request once, and reads the whole answer. Redirects are answers.
    pub async fn send(
        &self,
        request: http::Request<Bytes>,
        deadline: Deadline,
    ) -> Result<http::Response<Bytes>, SendError> {
        let client = self.client(request.uri()).map_err(|e| SendError::Setup(e.0))?;
        let (parts, body) = request.into_parts();
        let (body, watch) = TrackedBody::new(body);
        let request = http::Request::from_parts(parts, reqwest::Body::wrap(body));
        let request = reqwest::Request::try_from(request)
            .map_err(|e| SendError::Setup(causes(&e.without_url())))?;

        let exchange = async {
            let response = client.execute(request).await.map_err(Failure::Http)?;
            self.read(response).await
        };
        let failure = match tokio::time::timeout(deadline.left(), exchange).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(failure)) => failure,
            Err(_) => Failure::Late,
        };
        Err(failure.told(watch.may_have_left()))
    }

    /// The client for that scheme, made at the first use.
    fn client(&self, uri: &http::Uri) -> Result<&reqwest::Client, TransportError> {
        let https = uri.scheme_str() == Some("https");
        let proxy = self.inner.proxies.for_scheme(https);
        let verifies = https || proxy.is_some_and(|proxy| proxy.url.starts_with("https:"));
        let (cell, make): (_, fn(&_, &_) -> _) = match verifies {
            true => (&self.inner.https, connector::https),
            false => (&self.inner.http, connector::http),
        };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let made = make(&self.inner.settings, &self.inner.proxies)?;
        Ok(cell.get_or_init(|| made))
    }

    async fn read(
        &self,
        mut response: reqwest::Response,
    ) -> Result<http::Response<Bytes>, Failure> {
        let limit = self.inner.settings.answer_limit.unwrap_or(ANSWER_LIMIT);
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(Failure::Http)? {
            if body.len() + chunk.len() > limit {
                return Err(Failure::TooLarge(limit));
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body.freeze());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

/// Why an exchange ended early.
enum Failure {
    Http(reqwest::Error),
    Late,
    TooLarge(usize),
}

impl Failure {
    fn told(self, may_have_left: bool) -> SendError {
        match self {
            Failure::Http(error) => {
                let error = error.without_url();
                match (may_have_left, tls_fault(&error)) {
                    (true, _) => SendError::MaybeSent(not_http(&error)),
                    (false, Some(fault)) => SendError::Untrusted(fault, causes(&error)),
                    (false, None) => SendError::NotSent(not_http(&error)),
                }
            }
            Failure::Late if may_have_left => SendError::TimedOut,
            Failure::Late => SendError::NotSent("none in time".into()),
            Failure::TooLarge(limit) => SendError::TooLarge(limit),
        }
    }
}
