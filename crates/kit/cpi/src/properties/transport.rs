//! How to reach a cloud, from what operators write.

use super::given;
use bosh_cpi::{CpiError, Result};
use cloud_http::{Proxy, Secret, Tls, reveal};

/// What to trust.
pub fn tls(ca_cert: &Option<String>, skip_verify: bool) -> Tls {
    Tls { ca_cert: given(ca_cert).map(str::to_owned), skip_verify }
}

/// The proxy of a URL, which may hold a user and a password; None where none is given. `path`
/// is where the properties stand, for an error.
pub fn proxy(url: &Option<Secret>, no_proxy: &Option<String>, path: &str) -> Result<Option<Proxy>> {
    let url = url.as_ref().map(reveal).map(str::trim).filter(|url| !url.is_empty());
    let no_proxy = given(no_proxy).map(str::to_owned);
    let proxy = url.map(|url| Proxy::from_url(url, no_proxy)).transpose();
    proxy.map_err(|e| CpiError::cpi(format!("{path}.{e}")))
}
