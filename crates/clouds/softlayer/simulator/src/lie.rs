//! What of a request narrows a list down, for answers that are not true.

use crate::engine::Request;
use serde_json::Value;
use simulator_kit::lie::ListShape;

/// Where rows have what a lie changes.
pub(crate) const SHAPE: ListShape = ListShape {
    names: NAMES,
    accounts: &[("accountId", "1")],
    total_header: Some("softlayer-total-items"),
};

/// The properties that hold the names of things, those of volumes among their notes.
const NAMES: &[&str] =
    &["hostname", "fullyQualifiedDomainName", "name", "label", "note", "notes", "username"];

/// Whether a lie can be told of its answer. An answer that is no array is left as it is.
pub(crate) fn is_list(request: &Request) -> bool {
    request.verb == "GET" && request.name().contains("::get")
}

/// The name that a list is narrowed down to.
pub(crate) fn wanted_name(request: &Request) -> Option<String> {
    let filter: Value = serde_json::from_str(request.query.get("objectFilter")?).ok()?;
    named(&filter)
}

fn named(filter: &Value) -> Option<String> {
    filter.as_object()?.iter().find_map(|(key, inside)| {
        let operation = inside.get("operation").and_then(Value::as_str);
        match operation.filter(|_| NAMES.contains(&key.as_str())) {
            Some(text) => Some(
                text.trim_start_matches(['_', '*', '=', '^', '~', ' ', '$'])
                    .trim_end_matches('*')
                    .to_owned(),
            ),
            None => named(inside),
        }
    })
}

/// The same request without a filter.
pub(crate) fn without_filters(request: &Request) -> Request {
    let mut request = request.clone();
    request.query.remove("objectFilter");
    request
}

/// The same request for the first page, however long.
pub(crate) fn without_page(request: &Request) -> Request {
    let mut request = request.clone();
    request.query.remove("resultLimit");
    request
}
