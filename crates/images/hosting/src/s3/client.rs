//! Signed requests, tried again where they are lost: all of them may be sent twice.

use super::Bucket;
use crate::{ImageFile, PublishError};
use bytes::Bytes;
use cloud_http::{Deadline, Put, Retry, Uploaded};
use http::HeaderMap;
use std::ops::Range;
use std::time::Duration;

/// For how long a request of ours is signed. Checked when it begins only.
pub(super) const SOON: Duration = Duration::from_secs(3600);

/// More of a refusal is not told.
const LONGEST_REASON: usize = 300;

/// An answer that is no refusal.
pub(super) struct Answer {
    pub text: String,
}

impl Bucket {
    /// Sends a part of a file, or all of it; gives its ETag.
    pub(super) async fn send_file(
        &self,
        sign: &dyn Fn() -> url::Url,
        file: &ImageFile,
        range: Range<u64>,
        progress: &mut dyn FnMut(u64),
        until: Deadline,
    ) -> Result<Option<String>, PublishError> {
        let mut waits = Retry::default().waits();
        loop {
            let url = sign();
            let length = range.end - range.start;
            let put = Put {
                url: url.as_str(),
                headers: &[],
                file: file.piece(range.start, length)?,
                length,
            };
            let tell = |done| progress(range.start + done);
            let sent = cloud_http::put(&self.settings.transport, put, tell, until).await;
            let error = match sent {
                Ok(answer @ Uploaded { status: 200..=299, .. }) => {
                    return Ok(answer.header("etag").map(str::to_owned));
                }
                Ok(Uploaded { status, text, .. }) => self.refused(status, &text),
                Err(error) => PublishError::Lost { place: self.host(), error },
            };
            let wait = waits.after_failure(until).filter(|_| error.may_pass());
            let Some(wait) = wait else { return Err(error) };
            tracing::warn!("sending {length} bytes: {error}; once more");
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends a request without a file.
    pub(super) async fn ask(
        &self,
        method: &'static str,
        sign: &dyn Fn() -> url::Url,
        body: &str,
        until: Deadline,
    ) -> Result<Answer, PublishError> {
        let mut waits = Retry::default().waits();
        loop {
            let error = match self.ask_once(method, sign().as_str(), body, until).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let wait = waits.after_failure(until).filter(|_| error.may_pass());
            let Some(wait) = wait else { return Err(error) };
            tokio::time::sleep(wait).await;
        }
    }

    async fn ask_once(
        &self,
        method: &'static str,
        url: &str,
        body: &str,
        until: Deadline,
    ) -> Result<Answer, PublishError> {
        let request = http::Request::builder()
            .method(method)
            .uri(url)
            .body(Bytes::copy_from_slice(body.as_bytes()))
            .map_err(|e| PublishError::setting("endpoint", e.to_string()))?;
        let sent = self.transport.send(request, until).await;
        let response = sent.map_err(|error| PublishError::Lost { place: self.host(), error })?;
        let text = String::from_utf8_lossy(response.body()).into_owned();
        let status = response.status().as_u16();
        if matches!(status, 200..=299) {
            Ok(Answer { text })
        } else {
            Err(self.refused_of(status, &text, response.headers()))
        }
    }

    /// A store that knows another region, or host, for the bucket says so by a redirect.
    fn refused_of(&self, status: u16, text: &str, headers: &HeaderMap) -> PublishError {
        let region = headers.get("x-amz-bucket-region").and_then(|value| value.to_str().ok());
        match region {
            Some(region) if matches!(status, 301 | 307 | 400) => self.refused(
                status,
                &format!("the bucket is in region '{region}', not '{}'", self.bucket.region()),
            ),
            _ => self.refused(status, text),
        }
    }

    pub(super) fn refused(&self, status: u16, text: &str) -> PublishError {
        let told = [between(text, "Code"), between(text, "Message")];
        let told: Vec<&str> = told.into_iter().flatten().collect();
        let reason = if told.is_empty() { text.trim().to_owned() } else { told.join(": ") };
        let reason = match (reason.is_empty(), status) {
            (false, _) => reason.chars().take(LONGEST_REASON).collect(),
            // What answers a HEAD has no words.
            (true, 403) => "the key may not do this".to_owned(),
            (true, 404) => "not found".to_owned(),
            (true, _) => "no reason given".to_owned(),
        };
        PublishError::Refused { place: self.host(), status, reason }
    }

    pub(super) fn odd(&self, reason: String) -> PublishError {
        PublishError::Odd { place: self.host(), reason }
    }

    /// For messages.
    pub(super) fn host(&self) -> String {
        self.bucket.base_url().host_str().unwrap_or_default().to_owned()
    }
}

/// The text of an element of an error, which has no other of that name.
fn between<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(inner, _)| inner)
}
