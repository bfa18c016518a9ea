//! Whose operations those of a journal are.

use serde::Serialize;
use std::fmt::Display;

/// Whose operations these are. A call repairs only those of its own account, since it has only
/// its own credentials. Nothing here is secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Key {
    /// The cloud's endpoint, as it is configured.
    pub endpoint: String,
    /// The account; where its name is unknown, a fingerprint of its API key.
    pub account: String,
    /// The project, or nothing.
    pub project: String,
}

impl Key {
    /// As the first releases wrote it: one text, with the endpoint as it is spelt.
    pub(crate) fn text(&self) -> String {
        format!("{}\n{}\n{}", self.endpoint, self.account, self.project)
    }

    /// The same for every spelling of the endpoint.
    pub(crate) fn home(&self) -> String {
        home(&self.endpoint, &self.account, &self.project)
    }
}

/// One text for the index: whose an operation is, however the endpoint is spelt.
pub(crate) fn home(endpoint: &str, account: &str, project: &str) -> String {
    format!("{}\n{account}\n{project}", plain_endpoint(endpoint))
}

impl Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.endpoint, self.account)?;
        if self.project.is_empty() { Ok(()) } else { write!(f, " {}", self.project) }
    }
}

/// An endpoint without what makes no difference: case, the scheme's own port, a trailing slash,
/// a query, and the many names of this machine.
fn plain_endpoint(endpoint: &str) -> String {
    let endpoint = endpoint.trim();
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("", endpoint));
    let scheme = scheme.to_ascii_lowercase();
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let authority = authority.to_ascii_lowercase();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()) => {
            (host, port)
        }
        _ => (authority.trim_end_matches(':'), ""),
    };
    let usual = matches!((scheme.as_str(), port), ("http", "80") | ("https", "443"));
    let port = if usual || port.is_empty() { String::new() } else { format!(":{port}") };
    let path: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    format!("{scheme}://{}{port}/{}", plain_host(host), path.join("/"))
}

fn plain_host(host: &str) -> &str {
    let host = host.trim_end_matches('.');
    let is_loopback = host == "localhost"
        || host == "[::1]"
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    if is_loopback { "localhost" } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After `localhost` for `127.0.0.1`, or a slash, what a crash left must still be found.
    #[test]
    fn spellings_of_one_endpoint_are_alike() {
        for (one, other) in [
            ("http://127.0.0.1:8080/client/api", "http://localhost:8080/client/api/"),
            ("http://[::1]:8080/client/api", "http://127.0.0.2:8080//client/api"),
            ("https://Cloud.example/client/api", "HTTPS://cloud.example.:443/client/api"),
            ("http://cloud/client/api", "http://cloud:80/client/api?x=1"),
        ] {
            assert_eq!(home(one, "a", ""), home(other, "a", ""));
        }
    }

    /// What differs in more than its spelling is another cloud, account or project.
    #[test]
    fn others_differ() {
        let home = |endpoint| home(endpoint, "a", "");
        let ours = home("https://cloud.example/client/api");
        for other in [
            "https://cloud.example:8443/client/api",
            "http://cloud.example/client/api",
            "https://cloud2.example/client/api",
            "https://cloud.example/other/api",
            "https://[2001:db8::1]/client/api",
        ] {
            assert_ne!(home(other), ours, "{other}");
        }
        assert_ne!(super::home("e", "a", "p"), super::home("e", "a", ""));
        assert_ne!(super::home("e", "a", ""), super::home("e", "b", ""));
    }
}
