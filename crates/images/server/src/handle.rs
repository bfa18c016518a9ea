//! What becomes of a request.

use crate::links::{Links, Worth};
use crate::receive::{self, Refusal};
use crate::settings::Limits;
use crate::store::{Entry, Store, Sums};
use crate::user::User;
use crate::{answer, dav};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use image_hosting::{LIFETIME, Published};
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What all requests share.
pub struct Desk {
    pub store: Arc<Store>,
    pub links: Links,
    pub user: User,
    pub public_url: Option<String>,
    pub limits: Limits,
    /// Whether there is TLS: publishing is for those who use it, then.
    pub has_tls: bool,
}

/// Where a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    Plain,
    Tls,
}

/// What a path means.
enum Place<'a> {
    Health,
    Folder,
    Image(&'a str),
    Link { token: &'a str, name: &'a str },
    Nowhere,
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Self {
        let good = |name: &str| image_hosting::check_name(name).is_ok();
        match path.trim_start_matches('/').split('/').collect::<Vec<_>>()[..] {
            ["healthz"] => Self::Health,
            ["images"] | ["images", ""] => Self::Folder,
            ["images", name] if good(name) => Self::Image(name),
            ["get", token, name] if good(name) => Self::Link { token, name },
            _ => Self::Nowhere,
        }
    }
}

/// The path as it may stand in a log: a link's token is a key.
pub fn shown(path: &str) -> String {
    match Place::of(path) {
        Place::Link { name, .. } => format!("/get/…/{name}"),
        _ if path.starts_with("/get/") => "/get/…".to_owned(),
        _ => path.chars().take(200).collect(),
    }
}

impl Desk {
    /// Answers.
    pub async fn answer(&self, entrance: Entrance, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let (method, path) = (&parts.method, parts.uri.path());
        match Place::of(path) {
            Place::Health => self.health(),
            Place::Link { token, name } => match *method {
                Method::GET | Method::HEAD => self.fetch(method, &parts.headers, token, name),
                _ => not_allowed("GET, HEAD"),
            },
            Place::Nowhere => not_found(),
            Place::Folder | Place::Image(_)
                if let Some(refusal) = self.refusal(entrance, &parts.headers) =>
            {
                refusal
            }
            Place::Folder => self.folder(method, &parts.headers),
            Place::Image(name) => self.image(method, &parts.headers, name, body).await,
        }
    }

    fn health(&self) -> Response {
        match self.store.list() {
            Ok(_) => answer::text(StatusCode::OK, "ok"),
            Err(error) => {
                tracing::error!("the folder: {error}");
                answer::text(StatusCode::SERVICE_UNAVAILABLE, "the folder cannot be read")
            }
        }
    }

    /// Why somebody may not publish, or look what is there.
    fn refusal(&self, entrance: Entrance, headers: &HeaderMap) -> Option<Response> {
        if self.has_tls && entrance == Entrance::Plain {
            let why = "images are published over https here; over http there are only links";
            return Some(answer::text(StatusCode::FORBIDDEN, why));
        }
        if self.user.asks(headers) {
            return None;
        }
        let mut response = answer::text(StatusCode::UNAUTHORIZED, "user or password is wrong");
        let realm = HeaderValue::from_static("Basic realm=\"images\", charset=\"UTF-8\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
        Some(response)
    }

    fn folder(&self, method: &Method, headers: &HeaderMap) -> Response {
        match method.as_str() {
            "PROPFIND" => {
                let listed = dav::folder(&self.store, headers);
                listed.unwrap_or_else(|error| answer::failed("listing the folder", &error))
            }
            "OPTIONS" => options(),
            _ => not_allowed("OPTIONS, PROPFIND"),
        }
    }

    async fn image(
        &self,
        method: &Method,
        headers: &HeaderMap,
        name: &str,
        body: Body,
    ) -> Response {
        match method.as_str() {
            "PUT" => self.receive(headers, name, body).await,
            "OPTIONS" => options(),
            "DELETE" => match self.store.remove(name) {
                Ok(()) => answer::nothing(StatusCode::NO_CONTENT),
                Err(error) => gone_or_failed(name, &error),
            },
            "GET" | "HEAD" | "PROPFIND" | "POST" => match self.store.file(name) {
                Ok((file, entry)) => match method.as_str() {
                    "PROPFIND" => dav::file(&self.store, &entry),
                    "POST" => self.link(headers, &entry),
                    _ => {
                        let sums = self.store.sums(&entry);
                        let answer = answer::file(method, headers, file, &entry, sums.as_ref());
                        answer.unwrap_or_else(|error| answer::failed(name, &error))
                    }
                },
                Err(error) => gone_or_failed(name, &error),
            },
            _ => not_allowed(dav::METHODS),
        }
    }

    /// By a link: no credentials.
    fn fetch(&self, method: &Method, headers: &HeaderMap, token: &str, name: &str) -> Response {
        let sidecar = [".sha256", ".md5"].iter().find_map(|end| name.strip_suffix(end));
        let now = now();
        let worth = |name| self.links.worth(token, name, now);
        let (of, worth) = match (worth(name), sidecar) {
            (Worth::Nothing, Some(of)) => (of, worth(of)),
            (worth, _) => (name, worth),
        };
        match worth {
            Worth::Good => {}
            Worth::Expired => return answer::text(StatusCode::GONE, "this link has expired"),
            Worth::Nothing => return not_found(),
        }
        let (file, entry) = match self.store.file(of) {
            Ok(there) => there,
            Err(error) => return gone_or_failed(of, &error),
        };
        let sums = self.store.sums(&entry);
        if of != name {
            return match sums {
                Some(sums) if name.ends_with(".md5") => checksum(&sums.md5, of),
                Some(sums) => checksum(&sums.sha256, of),
                None => not_found(),
            };
        }
        let answer = answer::file(method, headers, file, &entry, sums.as_ref());
        answer.unwrap_or_else(|error| answer::failed(of, &error))
    }

    async fn receive(&self, headers: &HeaderMap, name: &str, body: Body) -> Response {
        let lifetime = match self.lifetime(headers) {
            Ok(lifetime) => lifetime,
            Err(refusal) => return refusal.answer(),
        };
        let expected = match receive::expected(headers, name) {
            Ok(expected) => expected,
            Err(refusal) => return refusal.answer(),
        };
        match receive::receive(&self.store, expected, body).await {
            Ok((sums, bytes, replaced)) => {
                let status = if replaced { StatusCode::OK } else { StatusCode::CREATED };
                self.published(status, name, bytes, &sums, lifetime)
            }
            Err(refusal) => refusal.answer(),
        }
    }

    fn link(&self, headers: &HeaderMap, entry: &Entry) -> Response {
        match (self.lifetime(headers), self.store.sums(entry)) {
            (Err(refusal), _) => refusal.answer(),
            (Ok(lifetime), Some(sums)) => {
                self.published(StatusCode::OK, &entry.name, entry.bytes, &sums, lifetime)
            }
            (Ok(_), None) => {
                let why = "its checksums are not known, as it did not come by PUT";
                answer::text(StatusCode::CONFLICT, why)
            }
        }
    }

    fn published(
        &self,
        status: StatusCode,
        name: &str,
        bytes: u64,
        sums: &Sums,
        lifetime: Duration,
    ) -> Response {
        let (path, expires) = self.links.make(name, now(), lifetime);
        let base = self.public_url.as_deref().map(|url| url.trim_end_matches('/'));
        let published = Published {
            name: name.to_owned(),
            bytes,
            md5: sums.md5.clone(),
            sha1: sums.sha1.clone(),
            sha256: sums.sha256.clone(),
            url: base.map(|base| format!("{base}{path}")),
            path,
            expires,
        };
        let json = match serde_json::to_string(&published) {
            Ok(json) => json,
            Err(error) => return answer::failed(name, &error.into()),
        };
        let mut response = answer::text(status, json);
        let kind = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }

    /// How long the link shall be good.
    fn lifetime(&self, headers: &HeaderMap) -> Result<Duration, Refusal> {
        let most = self.limits.link;
        let Some(given) = headers.get(LIFETIME) else { return Ok(most) };
        let seconds = given.to_str().ok().and_then(|text| text.parse().ok()).filter(|s| *s > 0);
        match seconds.map(Duration::from_secs) {
            Some(lifetime) if lifetime <= most => Ok(lifetime),
            _ => {
                let why = format!("{LIFETIME}: 1 to {} seconds", most.as_secs());
                Err(Refusal::new(StatusCode::BAD_REQUEST, why))
            }
        }
    }
}

/// As `sha256sum -c` and `md5sum -c` read it.
fn checksum(sum: &str, name: &str) -> Response {
    answer::text(StatusCode::OK, format!("{sum}  {name}"))
}

fn options() -> Response {
    let mut response = answer::nothing(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, HeaderValue::from_static(dav::METHODS));
    headers.insert("dav", HeaderValue::from_static("1"));
    response
}

fn not_allowed(methods: &'static str) -> Response {
    let mut response = answer::text(StatusCode::METHOD_NOT_ALLOWED, format!("here are: {methods}"));
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}

fn not_found() -> Response {
    answer::text(StatusCode::NOT_FOUND, "there is no such thing")
}

fn gone_or_failed(name: &str, error: &io::Error) -> Response {
    match error.kind() {
        io::ErrorKind::NotFound => not_found(),
        _ => answer::failed(name, error),
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
