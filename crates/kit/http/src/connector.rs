//! Makes the underlying client of a transport.

use crate::settings::{Proxy, TransportError, TransportSettings};
use reqwest::{Client, ClientBuilder, NoProxy};
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Jetty closes a connection after 30 s of silence; a request must not meet that moment.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// A client for `https`, which costs reading the system's roots.
pub(crate) fn https(settings: &TransportSettings) -> Result<Client, TransportError> {
    let builder = common(settings)?;
    if settings.tls.skip_verify {
        return finish(builder.tls_danger_accept_invalid_certs(true));
    }
    let extra = settings.tls.extra_roots()?;
    let may_be_ca = if extra.is_empty() { "" } else { "ca_cert: " };
    finish(builder.tls_certs_merge(extra))
        .map_err(|TransportError(why)| TransportError(format!("{may_be_ca}{why}")))
}

/// A client for plain `http`, for which no roots are read. It could verify nobody.
pub(crate) fn http(settings: &TransportSettings) -> Result<Client, TransportError> {
    finish(common(settings)?.tls_certs_only([]))
}

fn common(settings: &TransportSettings) -> Result<ClientBuilder, TransportError> {
    let builder = Client::builder()
        .user_agent(concat!("bosh-cpi/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(settings.connect_timeout.unwrap_or(CONNECT_TIMEOUT))
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_nodelay(true)
        // Whoever answers a redirect would get the keys.
        .redirect(reqwest::redirect::Policy::none())
        // Only the caller knows what may be sent twice.
        .retry(reqwest::retry::never())
        .no_proxy();
    match &settings.proxy {
        Some(proxy) => Ok(builder.proxy(through(proxy)?)),
        None => Ok(builder),
    }
}

fn through(proxy: &Proxy) -> Result<reqwest::Proxy, TransportError> {
    proxy.check()?;
    let mut through = reqwest::Proxy::all(&proxy.url)
        .map_err(|e| TransportError(format!("proxy: {}", e.without_url())))?;
    if let Some(user) = &proxy.user {
        let password = proxy.password.as_ref().map_or("", crate::reveal);
        through = through.basic_auth(user, password);
    }
    Ok(through.no_proxy(proxy.no_proxy.as_deref().and_then(NoProxy::from_string)))
}

fn finish(builder: ClientBuilder) -> Result<Client, TransportError> {
    builder.build().map_err(|e| TransportError(crate::transport::causes(&e.without_url())))
}
