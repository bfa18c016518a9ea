//! `PROPFIND`: what is there, as WebDAV clients ask for it (RFC 4918). The folder is flat, so
//! that every depth but 0 is 1.

use crate::response;
use crate::store::{Entry, Store};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use std::fmt::Write;
use std::io;

/// What clients are told by OPTIONS.
pub const METHODS: &str = "OPTIONS, GET, HEAD, PUT, POST, DELETE, PROPFIND";

/// The folder, and what is in it.
pub fn folder(store: &Store, asked: &HeaderMap) -> io::Result<Response> {
    let mut rows = String::from(
        "<D:response><D:href>/images/</D:href><D:propstat><D:prop><D:resourcetype>\
         <D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status>\
         </D:propstat></D:response>\n",
    );
    if asked.get("depth").is_none_or(|depth| depth != "0") {
        for entry in store.list()? {
            rows += &row(store, &entry);
        }
    }
    Ok(multistatus(&rows))
}

/// One file.
pub fn file(store: &Store, entry: &Entry) -> Response {
    multistatus(&row(store, entry))
}

/// Names need no quoting, since of all characters that mean something in XML or in a URL they
/// have none.
fn row(store: &Store, entry: &Entry) -> String {
    let sums = store.sums(entry);
    let mut row = format!(
        "<D:response><D:href>/images/{}</D:href><D:propstat><D:prop><D:resourcetype/>\
         <D:getcontentlength>{}</D:getcontentlength><D:getlastmodified>{}</D:getlastmodified>\
         <D:getetag>{}</D:getetag>",
        entry.name,
        entry.bytes,
        response::date(entry),
        response::tag(entry, sums.as_ref()).replace('"', "&quot;"),
    );
    if let Some(sums) = sums {
        // Writing to a text does not fail.
        let _ = write!(
            row,
            "<I:md5>{}</I:md5><I:sha1>{}</I:sha1><I:sha256>{}</I:sha256>",
            sums.md5, sums.sha1, sums.sha256
        );
    }
    row + "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>\n"
}

fn multistatus(rows: &str) -> Response {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <D:multistatus xmlns:D=\"DAV:\" xmlns:I=\"urn:bosh-cpi:images\">\n{rows}</D:multistatus>\n"
    );
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::MULTI_STATUS;
    let kind = HeaderValue::from_static("application/xml; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
