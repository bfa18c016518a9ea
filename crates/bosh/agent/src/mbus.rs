//! The URL of a message bus.

use percent_encoding::percent_decode_str;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use std::str::FromStr;

/// `https://user:password@host:port`. It holds a password, which is not shown.
#[derive(Debug, Clone)]
pub struct Mbus {
    /// Without user and password.
    url: Url,
    user: String,
    password: SecretString,
}

/// What is not the URL of a message bus. The error does not quote it, since it holds a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid URL of a message bus: expected https://USER:PASSWORD@HOST:PORT")]
pub struct InvalidMbus;

impl FromStr for Mbus {
    type Err = InvalidMbus;

    fn from_str(text: &str) -> Result<Self, InvalidMbus> {
        let mut url = Url::parse(text).map_err(|_| InvalidMbus)?;
        if url.scheme() != "https" || url.host_str().is_none_or(str::is_empty) {
            return Err(InvalidMbus);
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = decoded(url.username());
        let password = decoded(url.password().unwrap_or_default()).into();
        url.set_username("").map_err(|()| InvalidMbus)?;
        url.set_password(None).map_err(|()| InvalidMbus)?;
        Ok(Self { url, user, password })
    }
}

impl PartialEq for Mbus {
    fn eq(&self, other: &Self) -> bool {
        let parts = |mbus: &Self| (mbus.url.clone(), mbus.user.clone());
        parts(self) == parts(other) && self.password() == other.password()
    }
}

impl Mbus {
    /// The host: a name, or an address without brackets.
    pub fn host(&self) -> &str {
        let host = self.url.host_str().unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    /// Without user and password, for people.
    pub fn shown(&self) -> String {
        format!("https://{}:{}", self.url.host_str().unwrap_or_default(), self.port())
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn password(&self) -> &str {
        self.password.expose_secret()
    }

    /// Where messages go: a path of the URL stays.
    pub(crate) fn messages(&self) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/agent", self.url.path().trim_end_matches('/')));
        url
    }

    /// Where a blob is: a path of the URL is dropped.
    pub(crate) fn blob(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("/blobs/{path}"));
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let mbus: Mbus = "https://mb%40us:pa%3Ass@[fd00::6]:6868/x/".parse().unwrap();
        assert_eq!((mbus.user(), mbus.password()), ("mb@us", "pa:ss"));
        assert_eq!((mbus.host(), mbus.port()), ("fd00::6", 6868));
        assert_eq!(mbus.messages().as_str(), "https://[fd00::6]:6868/x/agent");
        assert_eq!(mbus.blob("a/b").as_str(), "https://[fd00::6]:6868/blobs/a/b");
        assert_eq!("https://h".parse::<Mbus>().unwrap().port(), 443);
        assert!(!format!("{mbus:?}").contains("pa:ss"));
    }

    /// No error repeats a password.
    #[test]
    fn what_is_no_bus_is_refused() {
        for text in ["", "nats://nats:hush@10.0.0.6:4222", "https://", "https://u:hush@h:99999"] {
            let error = text.parse::<Mbus>().unwrap_err().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
