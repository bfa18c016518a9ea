//! The API client, and the transport of uploads, from the properties.

use crate::properties::{CloudStackProperties, PATH, given};
use bosh_cpi::{CpiError, Result};
use cloud_http::{Proxy, Secret, TransportSettings, reveal};
use cloudstack::{Client, ClientSettings, Credentials};
use cpi_kit::properties::tls;

/// The port where the Java release looked for a proxy.
const PROXY_PORT: u16 = 8080;

/// Makes the client; opens no connection.
pub(crate) fn client(properties: &CloudStackProperties) -> Result<Client> {
    let key = |key: &Option<Secret>| Secret::from(key.as_ref().map_or("", reveal).trim());
    let credentials = Credentials {
        api_key: key(&properties.api_key),
        secret_access_key: key(&properties.secret_access_key),
    };
    let mut settings = ClientSettings::new(properties.endpoint(), credentials);
    settings.transport = transport(properties)?;
    Client::new(settings).map_err(|e| CpiError::cpi(format!("{PATH}.{e}")))
}

/// How to reach what belongs to the cloud.
pub(crate) fn transport(properties: &CloudStackProperties) -> Result<TransportSettings> {
    Ok(TransportSettings {
        tls: tls(&properties.ca_cert, properties.skip_verify_ssl),
        proxy: proxy(properties)?,
        ..TransportSettings::default()
    })
}

fn proxy(properties: &CloudStackProperties) -> Result<Option<Proxy>> {
    let proxy = cpi_kit::properties::proxy(&properties.proxy, &properties.no_proxy, PATH)?;
    if proxy.is_some() {
        return Ok(proxy);
    }
    let no_proxy = given(&properties.no_proxy).map(str::to_owned);
    Ok(given(&properties.proxy_host).map(|host| Proxy {
        url: format!("http://{host}:{}", properties.proxy_port.unwrap_or(PROXY_PORT)),
        user: given(&properties.proxy_user).map(str::to_owned),
        password: properties.proxy_password.clone(),
        no_proxy,
    }))
}
