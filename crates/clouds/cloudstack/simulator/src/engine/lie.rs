//! What of a request narrows a list down, for answers that are not true.

use super::Request;
use crate::state::Cloud;
use simulator_kit::lie::ListShape;

/// Where rows have what a lie changes.
pub(crate) const SHAPE: ListShape = ListShape {
    names: &["name", "displayname"],
    accounts: &[("account", "somebody-else"), ("domainid", "00000000-0000-4000-8000-00000000d000")],
    total_header: None,
};

/// What says whose rows are listed, and how; everything else narrows a list down.
const NOT_FILTERS: &[&str] = &[
    "command",
    "response",
    "listall",
    "account",
    "domainid",
    "projectid",
    "templatefilter",
    "page",
    "pagesize",
    "details",
];

const KEYS: &[&str] = &["apikey", "signature", "signatureversion", "expires"];

/// Whether a lie can be told of its answer.
pub(crate) fn is_list(request: &Request) -> bool {
    let command = request.command();
    command.starts_with("list") && !["listApis", "listCapabilities"].contains(&command)
}

/// The name that a list is narrowed down to.
pub(crate) fn wanted_name(request: &Request) -> Option<String> {
    let named = ["name", "securitygroupname"].into_iter().map(|key| request.get(key));
    named.into_iter().find(|name| !name.is_empty()).map(str::to_owned)
}

/// The same request by the same user with those parameters only that `keeps`.
pub(crate) fn with_only(cloud: &Cloud, request: &Request, keeps: fn(&str) -> bool) -> Request {
    let key = request.get("apikey");
    let user = cloud.accounts.iter().map(|account| &account.user).find(|it| it.api_key == key);
    let kept: Vec<(&str, &str)> = request
        .raw
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| !["command", "response"].contains(name) && !KEYS.contains(name))
        .filter(|(name, _)| keeps(&name.to_ascii_lowercase()))
        .collect();
    Request::signed(&user.cloned().unwrap_or_default(), request.command(), &kept)
}

/// Whether a parameter does not narrow a list down.
pub(crate) fn is_no_filter(name: &str) -> bool {
    NOT_FILTERS.contains(&name)
}

/// Whether a parameter does not choose a page.
pub(crate) fn is_no_page(name: &str) -> bool {
    name != "page"
}
