//! The proxy of a connection: from the settings, or from the environment of the process.

use crate::settings::{Proxy, TransportError, TransportSettings};

/// Hosts that are never reached through a proxy of the environment: this machine.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// The proxies of URLs of the two schemes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies {
    pub(crate) http: Option<Proxy>,
    pub(crate) https: Option<Proxy>,
}

impl Proxies {
    /// What the settings name; else what the environment does, as every other program reads it:
    /// `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in lower case or in upper.
    pub(crate) fn of(settings: &TransportSettings) -> Result<Self, TransportError> {
        if let Some(proxy) = &settings.proxy {
            proxy.check()?;
            return Ok(Self { http: Some(proxy.clone()), https: Some(proxy.clone()) });
        }
        if settings.ignore_environment {
            return Ok(Self::default());
        }
        Self::of_environment(|name| std::env::var(name).ok())
    }

    fn of_environment(var: impl Fn(&str) -> Option<String>) -> Result<Self, TransportError> {
        let filled = |name: &str| var(name).filter(|value| !value.trim().is_empty());
        let either = |name: &str| filled(name).or_else(|| filled(&name.to_uppercase()));
        // A web server puts a client's "Proxy" header into HTTP_PROXY.
        let http = match var("REQUEST_METHOD") {
            Some(_) => filled("http_proxy"),
            None => either("http_proxy"),
        };
        let no_proxy = match either("no_proxy") {
            Some(hosts) => format!("{hosts},{LOOPBACK}"),
            None => LOOPBACK.to_owned(),
        };
        let proxy = |name: &str, own: Option<String>| {
            let (name, url) = match own {
                Some(url) => (name, url),
                None => match either("all_proxy") {
                    Some(url) => ("all_proxy", url),
                    None => return Ok(None),
                },
            };
            let url = url.trim();
            let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
            let proxy = Proxy::from_url(&url, Some(no_proxy.clone()));
            proxy.map(Some).map_err(|TransportError(why)| {
                TransportError(format!("{name} of the environment: {why}"))
            })
        };
        Ok(Self {
            http: proxy("http_proxy", http)?,
            https: proxy("https_proxy", either("https_proxy"))?,
        })
    }

    /// The proxy of URLs of this scheme.
    pub(crate) fn for_scheme(&self, https: bool) -> Option<&Proxy> {
        if https { self.https.as_ref() } else { self.http.as_ref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reveal;

    fn of(vars: &[(&str, &str)]) -> Result<Proxies, TransportError> {
        Proxies::of_environment(|name| {
            vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    /// The job's `env.http_proxy` and `env.https_proxy` are what docs/release.md promises.
    #[test]
    fn the_environment_is_read_as_by_other_programs() {
        let proxies = of(&[
            ("http_proxy", "http://plain.example:3128"),
            ("HTTPS_PROXY", "user:pa%3Ass@tls.example:3129"),
            ("no_proxy", "cloud.example"),
        ])
        .unwrap();
        let (http, https) = (proxies.http.unwrap(), proxies.https.unwrap());
        assert_eq!(http.url, "http://plain.example:3128/");
        assert_eq!(https.url, "http://tls.example:3129/");
        assert_eq!(reveal(https.password.as_ref().unwrap()), "pa:ss");
        let no_proxy = https.no_proxy.unwrap();
        assert!(no_proxy.starts_with("cloud.example,") && no_proxy.contains("127.0.0.0/8"));
        let all = of(&[("ALL_PROXY", "http://any.example:1")]).unwrap();
        assert!(all.http.is_some() && all.https.is_some());
        let none = of(&[("https_proxy", " ")]).unwrap();
        assert!(none.http.is_none() && none.https.is_none());
    }

    /// In a web server's child process HTTP_PROXY is what a client sent.
    #[test]
    fn a_web_client_names_no_proxy() {
        let vars = [("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://evil.example:1")];
        assert!(of(&vars).unwrap().http.is_none());
    }

    /// The variable is named, its password is not.
    #[test]
    fn a_bad_variable_is_named() {
        let error = of(&[("https_proxy", "socks5://u:hush@h:1")]).unwrap_err().to_string();
        assert!(error.starts_with("https_proxy of the environment: "), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
}
