//! The HTTP client: one pool of connections for a call's lifetime.

use crate::settings::{TransportError, TransportSettings};
use crate::tracked_body::TrackedBody;
use crate::{Deadline, connector};
use bytes::{Bytes, BytesMut};
use std::error::Error as _;
use std::io;
use std::sync::{Arc, OnceLock};

const ANSWER_LIMIT: usize = 64 << 20;

/// Why no answer came, and whether the request may have arrived. Never holds a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It certainly never left: no connection, or none in time.
    #[error("no connection: {0}")]
    NotSent(String),
    /// It certainly never left: the other side could not prove who it is.
    #[error("no trusted connection: {0}")]
    Untrusted(String),
    /// It certainly never left: the settings make no client.
    #[error("{0}")]
    Setup(String),
    /// It left, or may have: connection reset, half an answer.
    #[error("the answer was lost: {0}")]
    MaybeSent(String),
    /// The deadline passed while waiting for the answer.
    #[error("no answer in time")]
    TimedOut,
    /// The answer is larger than this many bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

impl SendError {
    /// Whether the request certainly had no effect.
    pub fn certainly_not_sent(&self) -> bool {
        matches!(self, Self::NotSent(_) | Self::Untrusted(_) | Self::Setup(_))
    }
}

/// Sends requests. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Transport {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: TransportSettings,
    http: OnceLock<reqwest::Client>,
    https: OnceLock<reqwest::Client>,
}

impl Transport {
    /// Checks the settings. The client behind it is made when first needed: reading the
    /// system's roots would be most of what a process without an API call does.
    pub fn new(settings: TransportSettings) -> Result<Self, TransportError> {
        settings.tls.extra_roots()?;
        if let Some(proxy) = &settings.proxy {
            proxy.check()?;
        }
        let inner = Inner { settings, http: OnceLock::new(), https: OnceLock::new() };
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
        let proxy = self.inner.settings.proxy.as_ref();
        let verifies = uri.scheme_str() == Some("https")
            || proxy.is_some_and(|proxy| proxy.url.starts_with("https:"));
        let (cell, make): (_, fn(&_) -> _) = match verifies {
            true => (&self.inner.https, connector::https),
            false => (&self.inner.http, connector::http),
        };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let made = make(&self.inner.settings)?;
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
                if may_have_left {
                    SendError::MaybeSent(causes(&error))
                } else if is_about_trust(&error) {
                    SendError::Untrusted(causes(&error))
                } else {
                    SendError::NotSent(causes(&error))
                }
            }
            Failure::Late if may_have_left => SendError::TimedOut,
            Failure::Late => SendError::NotSent("none in time".into()),
            Failure::TooLarge(limit) => SendError::TooLarge(limit),
        }
    }
}

/// Whether the connection was given up over a certificate or the TLS handshake.
fn is_about_trust(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        // An I/O error hides what it wraps from `source`, and may wrap another.
        let mut inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        while let Some(error) = inner {
            if error.is::<rustls::Error>() {
                return true;
            }
            inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        }
        source = error.source();
    }
    false
}

/// The causes of an error without the outermost, which only says that there was one.
pub(crate) fn causes(error: &reqwest::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        // Many wrappers repeat what they wrap.
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
        source = error.source();
    }
    if texts.is_empty() {
        texts.push(error.to_string());
    }
    texts.join(": ")
}
