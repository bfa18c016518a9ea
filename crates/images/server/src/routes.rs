//! Requests and who answers them.

use crate::auth::User;
use crate::failed_logins::FailedLogins;
use crate::links::{LinkCheck, Links};
use crate::listener::{ListenerKind, Peer};
use crate::origin::Origin;
use crate::put::{self, Refusal};
use crate::settings::Limits;
use crate::store::{Entry, Store, Sums};
use crate::{dav, response};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use image_hosting::{LIFETIME, Published};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What all requests share.
pub struct AppState {
    pub store: Arc<Store>,
    pub links: Links,
    pub user: User,
    pub failed_logins: FailedLogins,
    pub public_url: Option<String>,
    pub limits: Limits,
    /// Whether there is TLS: publishing is for those who use it, then.
    pub has_tls: bool,
}

/// What a path means.
enum Route<'a> {
    Health,
    Folder,
    Image(&'a str),
    Link { token: &'a str, name: &'a str },
    Unknown,
}

impl<'a> Route<'a> {
    fn of(path: &'a str) -> Self {
        let good = |name: &str| image_hosting::check_name(name).is_ok();
        match path.trim_start_matches('/').split('/').collect::<Vec<_>>()[..] {
            ["healthz"] => Self::Health,
            ["images"] | ["images", ""] => Self::Folder,
            ["images", name] if good(name) => Self::Image(name),
            ["get", token, name] if good(name) => Self::Link { token, name },
            _ => Self::Unknown,
        }
    }
}

/// The path as it may stand in a log: a link's token is a key.
pub fn shown(path: &str) -> String {
    match Route::of(path) {
        Route::Link { name, .. } => format!("/get/…/{name}"),
        _ if path.starts_with("/get/") => "/get/…".to_owned(),
        _ => path.chars().take(200).collect(),
    }
}

impl AppState {
    /// Answers.
    pub async fn answer(&self, peer: Peer, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let (method, path) = (&parts.method, parts.uri.path());
        match Route::of(path) {
            Route::Health => self.health(),
            Route::Link { token, name } => match *method {
                Method::GET | Method::HEAD => self.fetch(method, &parts.headers, token, name),
                _ => not_allowed("GET, HEAD"),
            },
            Route::Unknown => not_found(),
            Route::Folder | Route::Image(_)
                if let Some(refusal) = self.refusal(peer, &parts.headers) =>
            {
                refusal
            }
            Route::Folder => self.folder(method, &parts.headers),
            Route::Image(name) => self.image(method, &parts.headers, name, body).await,
        }
    }

    fn health(&self) -> Response {
        match self.store.list() {
            Ok(_) => response::text(StatusCode::OK, "ok"),
            Err(error) => {
                tracing::error!("the folder: {error}");
                response::text(StatusCode::SERVICE_UNAVAILABLE, "the folder cannot be read")
            }
        }
    }

    /// Why somebody may not publish, or list what is published.
    fn refusal(&self, peer: Peer, headers: &HeaderMap) -> Option<Response> {
        if self.has_tls && peer.listener == ListenerKind::Plain {
            let why = "images are published over https only; over http there are only links";
            return Some(response::text(StatusCode::FORBIDDEN, why));
        }
        let origin = Origin::of(peer.address.ip());
        let is_right = match headers.contains_key(header::AUTHORIZATION) {
            true => self.failed_logins.check(origin, Instant::now(), || self.user.asks(headers)),
            false => Ok(false),
        };
        match is_right {
            Ok(true) => return None,
            Ok(false) => {}
            Err(wait) => return Some(too_many_attempts(wait)),
        }
        let mut response = response::text(StatusCode::UNAUTHORIZED, "wrong user or password");
        let realm = HeaderValue::from_static("Basic realm=\"images\", charset=\"UTF-8\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
        Some(response)
    }

    fn folder(&self, method: &Method, headers: &HeaderMap) -> Response {
        match method.as_str() {
            "PROPFIND" => {
                let listed = dav::folder(&self.store, headers);
                listed.unwrap_or_else(|error| response::failed("listing the folder", &error))
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
                Ok(()) => response::nothing(StatusCode::NO_CONTENT),
                Err(error) => gone_or_failed(name, &error),
            },
            "GET" | "HEAD" | "PROPFIND" | "POST" => match self.store.file(name) {
                Ok((file, entry)) => match method.as_str() {
                    "PROPFIND" => dav::file(&self.store, &entry),
                    "POST" => self.link(headers, &entry),
                    _ => {
                        let sums = self.store.sums(&entry);
                        let response = response::file(method, headers, file, &entry, sums.as_ref());
                        response.unwrap_or_else(|error| response::failed(name, &error))
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
        let check = |name| self.links.check(token, name, now);
        let (of, link) = match (check(name), sidecar) {
            (LinkCheck::Invalid, Some(of)) => (of, check(of)),
            (link, _) => (name, link),
        };
        match link {
            LinkCheck::Valid => {}
            LinkCheck::Expired => return response::text(StatusCode::GONE, "this link has expired"),
            LinkCheck::Invalid => return not_found(),
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
        let response = response::file(method, headers, file, &entry, sums.as_ref());
        response.unwrap_or_else(|error| response::failed(of, &error))
    }

    async fn receive(&self, headers: &HeaderMap, name: &str, body: Body) -> Response {
        let lifetime = match self.lifetime(headers) {
            Ok(lifetime) => lifetime,
            Err(refusal) => return refusal.answer(),
        };
        let expected = match put::expected(headers, name) {
            Ok(expected) => expected,
            Err(refusal) => return refusal.answer(),
        };
        match put::receive(&self.store, expected, body).await {
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
                let why = "its checksums are not known, as it was not uploaded by PUT";
                response::text(StatusCode::CONFLICT, why)
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
            Err(error) => return response::failed(name, &error.into()),
        };
        let mut response = response::text(status, json);
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
                let why = format!("{LIFETIME}: must be 1 to {} seconds", most.as_secs());
                Err(Refusal::new(StatusCode::BAD_REQUEST, why))
            }
        }
    }
}

/// As `sha256sum -c` and `md5sum -c` read it.
fn checksum(sum: &str, name: &str) -> Response {
    response::text(StatusCode::OK, format!("{sum}  {name}"))
}

fn options() -> Response {
    let mut response = response::nothing(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, HeaderValue::from_static(dav::METHODS));
    headers.insert("dav", HeaderValue::from_static("1"));
    response
}

fn not_allowed(methods: &'static str) -> Response {
    let mut response = response::text(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("method not allowed; allowed: {methods}"),
    );
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}

fn too_many_attempts(wait: Duration) -> Response {
    let seconds = wait.as_secs() + 1;
    let why = format!("too many wrong passwords from this address; try again in {seconds} s");
    let mut response = response::text(StatusCode::TOO_MANY_REQUESTS, why);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn not_found() -> Response {
    response::text(StatusCode::NOT_FOUND, "not found")
}

fn gone_or_failed(name: &str, error: &io::Error) -> Response {
    match error.kind() {
        io::ErrorKind::NotFound => not_found(),
        _ => response::failed(name, error),
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
