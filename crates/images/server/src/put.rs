//! Files that are put: what their headers promise, and how they get to the disk.

use crate::response;
use crate::store::{Expected, Receiver, Store, Sums, Unfit};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Longer than that nobody is silent in the middle of an upload.
const SILENCE: Duration = Duration::from_secs(60);
/// How much of an upload waits for the disk.
const PIECES: usize = 16;

/// Why something is not done.
pub struct Refusal {
    status: StatusCode,
    why: String,
}

impl Refusal {
    pub fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, why: why.into() }
    }

    pub fn answer(self) -> Response {
        response::text(self.status, self.why)
    }
}

/// What the headers promise.
pub fn expected(headers: &HeaderMap, name: &str) -> Result<Expected, Refusal> {
    let get = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if headers.contains_key(header::CONTENT_RANGE) {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "a file must be uploaded whole, not in parts",
        ));
    }
    let Some(bytes) = get(header::CONTENT_LENGTH).and_then(|text| text.parse().ok()) else {
        return Err(Refusal::new(StatusCode::LENGTH_REQUIRED, "Content-Length is required"));
    };
    let sha256 = match headers.get("repr-digest").map(|value| value.to_str()) {
        None => None,
        Some(text) => {
            let sum = text.ok().and_then(sha256);
            let wrong = "Repr-Digest: expected sha-256=:BASE64:";
            Some(sum.ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, wrong))?)
        }
    };
    Ok(Expected { name: name.to_owned(), bytes, sha256 })
}

/// RFC 9530.
fn sha256(text: &str) -> Option<Vec<u8>> {
    let sums = text.split(',').map(str::trim);
    let mut ours = sums.filter_map(|sum| sum.strip_prefix("sha-256=:")?.strip_suffix(':'));
    STANDARD.decode(ours.next()?).ok().filter(|sum| sum.len() == 32)
}

/// Hands the body over to where it is digested and written, which would stop everybody else
/// here.
pub async fn receive(
    store: &Arc<Store>,
    expected: Expected,
    mut body: Body,
) -> Result<(Sums, u64, bool), Refusal> {
    let (sender, mut pieces) = mpsc::channel::<Bytes>(PIECES);
    let (store, bytes) = (Arc::clone(store), expected.bytes);
    let name = expected.name.clone();
    let writing = tokio::task::spawn_blocking(move || {
        let mut receiver = Receiver::begin(&store, expected)?;
        while let Some(piece) = pieces.blocking_recv() {
            receiver.take(&piece)?;
        }
        receiver.finish()
    });
    let cut = loop {
        match tokio::time::timeout(SILENCE, body.frame()).await {
            Ok(None) => break None,
            Ok(Some(Ok(frame))) => {
                let Ok(piece) = frame.into_data() else { continue };
                // Nobody takes it any more who has refused it already.
                if sender.send(piece).await.is_err() {
                    break None;
                }
            }
            Ok(Some(Err(error))) => break Some(error.to_string()),
            Err(_) => break Some(format!("nothing came for {} s", SILENCE.as_secs())),
        }
    };
    drop(sender);
    let written = writing.await.unwrap_or_else(|error| Err(Unfit::Disk(io::Error::other(error))));
    match (written, cut) {
        (Ok((sums, replaced)), _) => Ok((sums, bytes, replaced)),
        (Err(Unfit::Short { arrived, .. }), Some(why)) => {
            let why = format!("{arrived} of {bytes} bytes arrived: {why}");
            tracing::warn!("{name}: {why}");
            Err(Refusal::new(StatusCode::BAD_REQUEST, why))
        }
        (Err(error), _) => {
            tracing::warn!("{name} is not taken: {error}");
            let status = match &error {
                error if error.is_for_want_of_room() => StatusCode::INSUFFICIENT_STORAGE,
                Unfit::Disk(_) | Unfit::NoRoom { .. } => StatusCode::INTERNAL_SERVER_ERROR,
                Unfit::OtherSum { .. } | Unfit::Short { .. } => StatusCode::BAD_REQUEST,
            };
            Err(Refusal::new(status, error.to_string()))
        }
    }
}
