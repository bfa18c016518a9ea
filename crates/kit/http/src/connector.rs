//! Makes the underlying client of a transport.

use crate::error::causes;
use crate::proxy::Proxies;
use crate::settings::{Proxy, TransportError, TransportSettings};
use reqwest::{Client, ClientBuilder, NoProxy};
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Jetty closes a connection after 30 s of silence; a request must not meet that moment.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// A client for `https`, which costs reading the system's roots.
pub(crate) fn https(
    settings: &TransportSettings,
    proxies: &Proxies,
) -> Result<Client, TransportError> {
    let tls = settings.tls.client_config()?;
    finish(common(settings, proxies)?.tls_backend_preconfigured(tls))
}

/// A client for plain `http`, for which no roots are read. It could verify nobody.
pub(crate) fn http(
    settings: &TransportSettings,
    proxies: &Proxies,
) -> Result<Client, TransportError> {
    finish(common(settings, proxies)?.tls_certs_only([]))
}

fn common(
    settings: &TransportSettings,
    proxies: &Proxies,
) -> Result<ClientBuilder, TransportError> {
    let mut builder = Client::builder()
        .user_agent(concat!("bosh-cpi/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(settings.connect_timeout.unwrap_or(CONNECT_TIMEOUT))
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_nodelay(true)
        // Whoever answers a redirect would get the keys.
        .redirect(reqwest::redirect::Policy::none())
        // Only the caller knows what may be sent twice.
        .retry(reqwest::retry::never())
        .no_proxy();
    if let Some(proxy) = &proxies.http {
        builder = builder.proxy(through(proxy, reqwest::Proxy::http(&proxy.url))?);
    }
    if let Some(proxy) = &proxies.https {
        builder = builder.proxy(through(proxy, reqwest::Proxy::https(&proxy.url))?);
    }
    Ok(builder)
}

fn through(
    proxy: &Proxy,
    through: reqwest::Result<reqwest::Proxy>,
) -> Result<reqwest::Proxy, TransportError> {
    let mut through = through.map_err(|e| TransportError(format!("proxy: {}", e.without_url())))?;
    if let Some(user) = &proxy.user {
        let password = proxy.password.as_ref().map_or("", crate::reveal);
        through = through.basic_auth(user, password);
    }
    Ok(through.no_proxy(proxy.no_proxy.as_deref().and_then(NoProxy::from_string)))
}

fn finish(builder: ClientBuilder) -> Result<Client, TransportError> {
    builder.build().map_err(|e| TransportError(causes(&e.without_url())))
}
