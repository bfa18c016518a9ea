//! One HTTP exchange with an agent.

use crate::{AgentError, Failure, Mbus};
use bytes::Bytes;
use reqwest::{Body, Certificate, Client, Method, Response, Url};
use std::time::Duration;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long the other side may say nothing.
const SILENCE: Duration = Duration::from_secs(60);

/// Makes the client: it trusts `ca` alone, or everybody where there is none, as the CLI does.
pub fn new(ca: Option<&str>, proxy: Option<&str>) -> Result<Client, Failure> {
    let builder = Client::builder()
        // Proxies of the environment are for other hosts than the VM.
        .no_proxy()
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        // The VM may be another one a moment later.
        .pool_max_idle_per_host(0)
        .http1_only();
    let builder = match ca {
        Some(pem) => builder.tls_certs_only(authorities(pem)?),
        None => builder.tls_danger_accept_invalid_certs(true),
    };
    let builder = match proxy {
        Some(url) => {
            let proxy = reqwest::Proxy::all(url);
            let invalid = |_| Failure::Setup("the proxy for the agent is not a valid URL".into());
            builder.proxy(proxy.map_err(invalid)?)
        }
        None => builder,
    };
    builder.build().map_err(|error| Failure::Setup(error.without_url().to_string()))
}

fn authorities(pem: &str) -> Result<Vec<Certificate>, Failure> {
    let invalid = || Failure::Setup("cloud_provider.cert.ca is not a PEM certificate".to_owned());
    let authorities = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|_| invalid())?;
    if authorities.is_empty() { Err(invalid()) } else { Ok(authorities) }
}

/// Whom to ask, and with what.
pub struct Exchange<'a> {
    pub mbus: &'a Mbus,
    pub client: &'a Client,
    /// For errors.
    pub what: &'a str,
}

impl Exchange<'_> {
    /// Sends a request; the answer's body is not read yet. Other statuses than `expected` are
    /// errors.
    pub async fn send(
        &self,
        method: Method,
        url: Url,
        body: Option<Body>,
        expected: &[u16],
    ) -> Result<Response, AgentError> {
        let mut request = self.client.request(method, url);
        request = request.basic_auth(self.mbus.user(), Some(self.mbus.password()));
        if let Some(body) = body {
            request = request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body);
        }
        let response = request.send().await.map_err(|error| self.failed(error.into()))?;
        match response.status().as_u16() {
            status if expected.contains(&status) => Ok(response),
            401 => Err(self.failed(Failure::Unauthorized)),
            status => Err(self.failed(Failure::Status(status))),
        }
    }

    /// Reads the whole body of an answer.
    pub async fn read(&self, mut response: Response, limit: usize) -> Result<Bytes, AgentError> {
        let mut body = bytes::BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(|error| self.failed(error.into()))? {
            if body.len() + piece.len() > limit {
                return Err(self.failed(Failure::Invalid(format!("more than {limit} bytes"))));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }

    pub fn failed(&self, failure: Failure) -> AgentError {
        AgentError { url: self.mbus.shown(), what: self.what.to_owned(), failure }
    }
}
