//! What the store does with a request.

use crate::s3::signature::{fault, hex, query};
use crate::s3::{BUCKET, Inside, Store, lock, xml};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

/// More than a test needs.
const LARGEST: usize = 64 << 20;

type Answer = (u16, Option<String>, Vec<u8>);

pub async fn answer(store: &Store, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let (path, raw) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return written((400, None, xml::error("IncompleteBody").into()));
    };
    let method = parts.method.as_str();
    if let Some(code) = fault(method, path, raw, host.unwrap_or_default()) {
        return written((403, None, xml::error(code).into()));
    }
    let params: Vec<(String, String)> =
        query(raw).into_iter().filter(|(name, _)| !name.starts_with("X-Amz-")).collect();
    let mut inside = lock(store);
    let names: Vec<&str> = params.iter().map(|(name, _)| name.as_str()).collect();
    let shown = format!("{method} {path} {}", names.join(" ")).trim_end().to_owned();
    inside.requests.push(shown);
    let kind = format!("{method} {}", names.first().copied().unwrap_or_default());
    let kind = kind.trim_end();
    let at = inside.faults.iter().position(|fault| fault.request == kind);
    let fault = at.map(|at| inside.faults.remove(at));
    if let Some(fault) = fault.as_ref().filter(|fault| !fault.done) {
        return written((fault.status, None, xml::error("SlowDown").into()));
    }
    let done = inside.done(&parts.method, path, &params, &body);
    match fault {
        Some(fault) => written((fault.status, None, xml::error("InternalError").into())),
        None => written(done),
    }
}

fn written((status, etag, body): Answer) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    if let Some(etag) = etag.and_then(|etag| format!("\"{etag}\"").parse().ok()) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

fn refused(status: u16, code: &str) -> Answer {
    (status, None, xml::error(code).into())
}

fn etag(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))[..32].to_owned()
}

impl Inside {
    fn done(
        &mut self,
        method: &Method,
        path: &str,
        params: &[(String, String)],
        body: &[u8],
    ) -> Answer {
        let get =
            |name: &str| params.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let path = percent_decode_str(path).decode_utf8_lossy();
        let Some(key) = path.strip_prefix(&format!("/{BUCKET}/")) else {
            return refused(404, "NoSuchBucket");
        };
        match (method.as_str(), get("uploadId")) {
            ("GET", None) if key.is_empty() && get("uploads").is_some() => {
                let prefix = get("prefix").unwrap_or_default();
                let all = self.uploads.iter().map(|(id, (key, _))| (id.as_str(), key.as_str()));
                (200, None, xml::unfinished(all.filter(|(_, key)| key.starts_with(prefix))).into())
            }
            ("HEAD", None) if key.is_empty() => (200, None, Vec::new()),
            ("POST", None) if get("uploads").is_some() => {
                self.begun += 1;
                let id = format!("up/{}==", self.begun);
                self.uploads.insert(id.clone(), (key.to_owned(), Default::default()));
                (200, None, xml::begun(key, &id).into())
            }
            ("PUT", Some(id)) => self.part(id, get("partNumber"), body),
            ("POST", Some(id)) => self.complete(id, body),
            ("DELETE", Some(id)) => match self.uploads.remove(id) {
                Some(_) => (204, None, Vec::new()),
                None => refused(404, "NoSuchUpload"),
            },
            ("PUT", None) => {
                self.objects.insert(key.to_owned(), body.to_vec());
                (200, Some(etag(body)), Vec::new())
            }
            ("GET" | "HEAD", None) => match self.objects.get(key) {
                Some(bytes) => {
                    let mut sent = bytes.clone();
                    if let Some(last) = sent.last_mut().filter(|_| self.garbles) {
                        *last ^= 1;
                    }
                    (200, Some(etag(bytes)), sent)
                }
                None => refused(404, "NoSuchKey"),
            },
            ("DELETE", None) => {
                self.objects.remove(key);
                (204, None, Vec::new())
            }
            _ => refused(405, "MethodNotAllowed"),
        }
    }

    fn part(&mut self, id: &str, number: Option<&str>, body: &[u8]) -> Answer {
        let number =
            number.and_then(|number| number.parse().ok()).filter(|n| (1..=10_000).contains(n));
        match (self.uploads.get_mut(id), number) {
            (Some((_, parts)), Some(number)) => {
                parts.insert(number, body.to_vec());
                (200, Some(etag(body)), Vec::new())
            }
            (None, _) => refused(404, "NoSuchUpload"),
            (_, None) => refused(400, "InvalidArgument"),
        }
    }

    fn complete(&mut self, id: &str, body: &[u8]) -> Answer {
        let named = xml::parts(&String::from_utf8_lossy(body));
        let Some((key, parts)) = self.uploads.get(id) else { return refused(404, "NoSuchUpload") };
        let there: Vec<(u32, String)> =
            parts.iter().map(|(number, bytes)| (*number, etag(bytes))).collect();
        if named.is_empty() || named != there {
            return refused(400, "InvalidPart");
        }
        let (key, whole) = (key.clone(), parts.values().flatten().copied().collect::<Vec<u8>>());
        self.uploads.remove(id);
        let answer = (200, None, xml::completed(&key, &etag(&whole)).into());
        self.objects.insert(key, whole);
        answer
    }
}
