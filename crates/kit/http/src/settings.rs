//! How to reach the cloud.

use crate::Secret;
use reqwest::Url;
use std::time::Duration;

/// How to reach the cloud.
#[derive(Debug, Clone, Default)]
pub struct TransportSettings {
    /// TLS verification.
    pub tls: Tls,
    /// The proxy. None leaves it to `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` of
    /// the process's environment; this machine itself is reached without those.
    pub proxy: Option<Proxy>,
    /// Reads no proxy from the environment.
    pub ignore_environment: bool,
    /// The longest that connecting may take; 10 s if None.
    pub connect_timeout: Option<Duration>,
    /// The largest answer that is taken, in bytes; 64 MiB if None.
    pub answer_limit: Option<usize>,
}

/// TLS verification.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// PEM certificates trusted beside the system's: of a CA, or a server's own.
    pub ca_cert: Option<String>,
    /// Take any certificate. Only for test clouds.
    pub skip_verify: bool,
}

/// A proxy.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// `http://host:port`, without credentials.
    pub url: String,
    /// Its user.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// Hosts that are reached without it, comma-separated.
    pub no_proxy: Option<String>,
}

/// The settings make no client: a bad CA or proxy. Names the setting, never a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);

impl Proxy {
    /// A proxy as people write it: `http://user:password@host:port`, user and password taken
    /// out of the URL.
    pub fn from_url(url: &str, no_proxy: Option<String>) -> Result<Self, TransportError> {
        let mut parsed = proxy_url(url)?;
        let user = decoded(parsed.username());
        let password = parsed.password().map(|password| Secret::from(decoded(password)));
        let bad = |()| TransportError("proxy: a URL without a host".into());
        parsed.set_username("").map_err(bad)?;
        parsed.set_password(None).map_err(bad)?;
        let user = (!user.is_empty()).then_some(user);
        Ok(Self { url: parsed.to_string(), user, password, no_proxy })
    }

    /// Refuses what would only fail once something is sent.
    pub(crate) fn check(&self) -> Result<(), TransportError> {
        let url = proxy_url(&self.url)?;
        if !url.username().is_empty() || url.password().is_some() {
            // Or they would show wherever the URL does.
            return Err(TransportError("proxy: give user and password beside the URL".into()));
        }
        Ok(())
    }
}

/// The URL may hold a password, so no error repeats it.
fn proxy_url(url: &str) -> Result<Url, TransportError> {
    let parsed = Url::parse(url)
        .map_err(|e| TransportError(format!("proxy: not a URL like http://host:port ({e})")))?;
    if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
        return Err(TransportError("proxy: not a URL like http://host:port".into()));
    }
    Ok(parsed)
}

fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reveal;

    #[test]
    fn credentials_leave_the_proxy_url() {
        let proxy = Proxy::from_url("http://us%40er:pa%3Ass@proxy.example:3128", None).unwrap();
        assert_eq!(proxy.url, "http://proxy.example:3128/");
        assert_eq!(proxy.user.as_deref(), Some("us@er"));
        assert_eq!(reveal(proxy.password.as_ref().unwrap()), "pa:ss");
        assert!(!format!("{proxy:?}").contains("pa:ss"));
        assert_eq!(proxy.check(), Ok(()));
    }

    #[test]
    fn a_bad_proxy_is_named_and_its_password_is_not() {
        for url in ["proxy.example:3128", "socks4://h:1", "http://", "http://u:hush@h:99999"] {
            let error = Proxy::from_url(url, None).unwrap_err().to_string();
            assert!(error.starts_with("proxy:") && !error.contains("hush"), "{url}: {error}");
        }
        let proxy =
            Proxy { url: "http://u:hush@h:1".into(), user: None, password: None, no_proxy: None };
        assert!(!proxy.check().unwrap_err().to_string().contains("hush"));
    }
}
