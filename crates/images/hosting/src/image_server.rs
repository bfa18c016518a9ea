//! The image server of this project (`cpi images serve`), as its users see it.

use crate::{ImageFile, Link, PublishError, check_name};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cloud_http::{Deadline, Put, Retry, Secret, Transport, TransportSettings, Uploaded, reveal};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The header by which a user says for how many seconds the link shall be good.
pub const LIFETIME: &str = "X-Link-Lifetime";

/// More of a refusal is not told.
const LONGEST_REASON: usize = 300;

/// An image server, and who publishes on it.
#[derive(Debug, Clone)]
pub struct ImageServerSettings {
    /// Where it is: `https://images.example.com:8443`.
    pub url: String,
    /// The user who may publish.
    pub user: String,
    /// Their password.
    pub password: Secret,
    /// TLS and proxy.
    pub transport: TransportSettings,
}

/// What the server says of a file that it has, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// In lower-case hexadecimal, as the others.
    pub md5: String,
    /// SHA-1.
    pub sha1: String,
    /// SHA-256.
    pub sha256: String,
    /// The path of a link to it.
    pub path: String,
    /// The whole link, where the server knows by which name it is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When the link expires, in seconds since 1970.
    pub expires: u64,
}

/// An image server.
pub struct ImageServer {
    base: String,
    authorization: Secret,
    settings: ImageServerSettings,
    transport: Transport,
}

impl ImageServer {
    /// Checks the settings; opens no connection.
    ///
    /// # Errors
    /// `Setting`, which names it.
    pub fn new(settings: ImageServerSettings) -> Result<Self, PublishError> {
        let base = settings.url.trim().trim_end_matches('/').to_owned();
        check_url(&base)?;
        if settings.user.is_empty() || settings.user.contains(':') {
            return Err(PublishError::setting("user", "is required, and must not contain a ':'"));
        }
        if reveal(&settings.password).is_empty() {
            return Err(PublishError::setting("password", "is required"));
        }
        let pair = format!("{}:{}", settings.user, reveal(&settings.password));
        let authorization = Secret::from(format!("Basic {}", STANDARD.encode(pair)));
        let transport = Transport::new(settings.transport.clone())
            .map_err(|e| PublishError::setting("ca_cert", e.to_string()))?;
        Ok(Self { base, authorization, settings, transport })
    }

    /// Its URL.
    pub fn place(&self) -> &str {
        &self.base
    }

    /// Whether it is there, and takes the password. Changes nothing.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self, until: Deadline) -> Result<(), PublishError> {
        self.ask("PROPFIND", &format!("{}/images/", self.base), until).await
    }

    /// Puts a file there in one stream, and tells `progress` how many bytes have gone. What was
    /// there under that name is replaced once all of it has arrived.
    ///
    /// # Errors
    /// Any; half a file is never seen.
    pub async fn put(
        &self,
        name: &str,
        file: &ImageFile,
        lifetime: Duration,
        progress: &mut dyn FnMut(u64),
        until: Deadline,
    ) -> Result<(Published, Link), PublishError> {
        let url = self.url_of(name)?;
        let lifetime = lifetime.as_secs().to_string();
        let digest = file.sha256().and_then(repr_digest);
        let mut headers =
            vec![("Authorization", reveal(&self.authorization)), (LIFETIME, &lifetime)];
        headers.extend(digest.as_deref().map(|digest| ("Repr-Digest", digest)));
        let mut waits = Retry::default().waits();
        loop {
            let length = file.bytes();
            let put = Put { url: &url, headers: &headers, file: file.piece(0, length)?, length };
            let sent = cloud_http::put(&self.settings.transport, put, &mut *progress, until).await;
            let error = match sent {
                Ok(Uploaded { status: 200..=299, text, .. }) => return self.read(&text),
                Ok(Uploaded { status, text, .. }) => self.refused(status, &text),
                Err(error) => PublishError::Lost { place: self.base.clone(), error },
            };
            let wait = waits.after_failure(until).filter(|_| error.may_pass());
            let Some(wait) = wait else { return Err(error) };
            tracing::warn!("publishing {name}: {error}; once more");
            tokio::time::sleep(wait).await;
        }
    }

    /// Makes sure that nothing is there under that name. Answers whether there was something.
    ///
    /// # Errors
    /// Any; it may be there still then.
    pub async fn delete(&self, name: &str, until: Deadline) -> Result<bool, PublishError> {
        let url = self.url_of(name)?;
        let mut waits = Retry::default().waits();
        loop {
            let error = match self.ask("DELETE", &url, until).await {
                Ok(()) => return Ok(true),
                Err(PublishError::Refused { status: 404, .. }) => return Ok(false),
                Err(error) => error,
            };
            let wait = waits.after_failure(until).filter(|_| error.may_pass());
            let Some(wait) = wait else { return Err(error) };
            tokio::time::sleep(wait).await;
        }
    }

    async fn ask(&self, method: &str, url: &str, until: Deadline) -> Result<(), PublishError> {
        let request = http::Request::builder()
            .method(method)
            .uri(url)
            .header("authorization", reveal(&self.authorization))
            .header("depth", "0")
            .body(Bytes::new())
            .map_err(|e| PublishError::setting("url", e.to_string()))?;
        let sent = self.transport.send(request, until).await;
        let response =
            sent.map_err(|error| PublishError::Lost { place: self.base.clone(), error })?;
        match response.status().as_u16() {
            200..=299 => Ok(()),
            status => Err(self.refused(status, &String::from_utf8_lossy(response.body()))),
        }
    }

    fn read(&self, text: &str) -> Result<(Published, Link), PublishError> {
        let published: Published = serde_json::from_str(text).map_err(|error| {
            let reason = format!(
                "unexpected answer; expected an image server of `cpi images serve` ({error})"
            );
            PublishError::Odd { place: self.base.clone(), reason }
        })?;
        let url = match &published.url {
            Some(url) => url.clone(),
            None => format!("{}{}", self.base, published.path),
        };
        // The part before the name is the key.
        let mut parts: Vec<&str> = url.split('/').collect();
        let at = parts.len().saturating_sub(2);
        parts[at] = "…";
        let link = Link::new(&url, parts.join("/"));
        Ok((published, link))
    }

    fn refused(&self, status: u16, text: &str) -> PublishError {
        let reason = text.trim().chars().take(LONGEST_REASON).collect();
        PublishError::Refused { place: self.base.clone(), status, reason }
    }

    fn url_of(&self, name: &str) -> Result<String, PublishError> {
        check_name(name)?;
        Ok(format!("{}/images/{name}", self.base))
    }
}

/// Of no use is one that holds what everybody may read.
fn check_url(url: &str) -> Result<(), PublishError> {
    let wrong = |why: &str| Err(PublishError::setting("url", why));
    if url.is_empty() {
        return wrong("is required");
    }
    let parsed: Result<url::Url, _> = url.parse();
    match parsed {
        Ok(parsed) if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() => {
            wrong("expected something like https://images.example.com:8443")
        }
        Ok(parsed) if !parsed.username().is_empty() || parsed.password().is_some() => {
            wrong("user and password have places of their own")
        }
        Ok(parsed) if parsed.query().is_some() || parsed.fragment().is_some() => {
            wrong("has a '?' or a '#' in it")
        }
        Ok(_) => Ok(()),
        Err(_) => wrong("expected something like https://images.example.com:8443"),
    }
}

/// RFC 9530; nothing for what is no SHA-256.
fn repr_digest(hex: &str) -> Option<String> {
    let digit = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(digit).collect();
    let bytes = bytes.filter(|bytes| bytes.len() == 32)?;
    Some(format!("sha-256=:{}:", STANDARD.encode(bytes)))
}
