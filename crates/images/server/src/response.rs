//! Answers.

use crate::body::FileBody;
use crate::range::{self, Wanted};
use crate::store::{Entry, Sums};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use std::fs::File;
use std::io;

/// An answer for people: a line of text.
pub fn text(status: StatusCode, text: impl Into<String>) -> Response {
    let mut text = text.into();
    text.push('\n');
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// An answer without a body.
pub fn nothing(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// What went wrong here, and is nobody's fault.
pub fn failed(what: &str, error: &io::Error) -> Response {
    tracing::error!("{what}: {error}");
    let status = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            StatusCode::INSUFFICIENT_STORAGE
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    text(status, format!("{what}: {error}"))
}

/// A file, or what is wanted of it.
pub fn file(
    method: &Method,
    asked: &HeaderMap,
    file: File,
    entry: &Entry,
    sums: Option<&Sums>,
) -> io::Result<Response> {
    let tag = tag(entry, sums);
    let get = |name| asked.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    // A part of another file than before would be of no use.
    let same = get(header::IF_RANGE).is_none_or(|known| known == tag);
    let wanted = match range::wanted(get(header::RANGE).filter(|_| same), entry.bytes) {
        // A HEAD tells of the whole (RFC 9110, 14.2).
        Wanted::Part(_) | Wanted::Beyond if method == Method::HEAD => Wanted::All,
        wanted => wanted,
    };
    let total = entry.bytes;
    let (status, part, range) = match wanted {
        Wanted::All => (StatusCode::OK, 0..total, None),
        Wanted::Part(part) => {
            let shown = format!("bytes {}-{}/{total}", part.start, part.end - 1);
            (StatusCode::PARTIAL_CONTENT, part, Some(shown))
        }
        Wanted::Beyond => {
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            let mut response = text(status, format!("the file has {total} bytes"));
            put(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{total}"));
            return Ok(response);
        }
    };
    let length = part.end - part.start;
    let body = match *method {
        Method::HEAD => Body::empty(),
        _ => Body::new(FileBody::new(file, part, &entry.name)?),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    put(headers, header::CONTENT_TYPE, "application/octet-stream");
    put(headers, header::CONTENT_LENGTH, &length.to_string());
    put(headers, header::ACCEPT_RANGES, "bytes");
    put(headers, header::ETAG, &tag);
    put(headers, header::LAST_MODIFIED, &date(entry));
    if let Some(range) = range {
        put(headers, header::CONTENT_RANGE, &range);
    }
    if let Some(digest) = sums.and_then(|sums| base64(&sums.sha256)) {
        let digest = format!("sha-256=:{digest}:");
        put(headers, HeaderName::from_static("repr-digest"), &digest);
    }
    Ok(response)
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // All of them are made of letters and digits.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The same for the same bytes; without checksums, for the same length and time.
pub fn tag(entry: &Entry, sums: Option<&Sums>) -> String {
    match sums {
        Some(sums) => format!("\"{}\"", sums.sha256),
        None => {
            let since = entry.modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            format!("\"{:x}-{:x}\"", entry.bytes, since.as_nanos())
        }
    }
}

/// As HTTP has dates.
pub fn date(entry: &Entry) -> String {
    let time = Timestamp::try_from(entry.modified).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn base64(hex: &str) -> Option<String> {
    let digit = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(digit).collect();
    Some(STANDARD.encode(bytes?))
}
