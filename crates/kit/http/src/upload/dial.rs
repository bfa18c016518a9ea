//! A connection to where a file goes: direct or through the proxy, TLS or not.

use crate::proxy::Proxies;
use crate::{Proxy, SendError, TlsFault, TransportSettings};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::pki_types::ServerName;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection of any kind.
pub(super) type Stream = Box<dyn Io>;

pub(super) trait Io: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Io for T {}

/// A connection, and what its requests must bear besides.
pub(super) struct Connection {
    pub stream: Stream,
    /// Whether a proxy reads the request, and passes it on.
    pub proxied: bool,
    /// What to tell that proxy about us.
    pub authorization: Option<String>,
}

/// Where a URL points.
#[derive(Debug)]
pub(super) struct Target {
    pub https: bool,
    pub host: String,
    pub port: u16,
    /// As the `Host` header has it.
    pub authority: String,
    /// Path and query.
    pub path: String,
    uri: http::Uri,
}

impl Target {
    pub(super) fn of(url: &str) -> Result<Self, SendError> {
        let wrong = || SendError::Setup("invalid upload URL".into());
        let uri: http::Uri = url.parse().map_err(|_| wrong())?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let host = uri.host().ok_or_else(wrong)?.trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        let authority = uri.authority().ok_or_else(wrong)?.to_string();
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { https, host, port, authority, path, uri })
    }
}

/// Connects within the time that connecting may take.
pub(super) async fn connect(
    settings: &TransportSettings,
    target: &Target,
) -> Result<Connection, SendError> {
    let limit = settings.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
    match tokio::time::timeout(limit, dial(settings, target)).await {
        Ok(connection) => connection,
        Err(_) => Err(SendError::NotSent("none in time".into())),
    }
}

async fn dial(settings: &TransportSettings, target: &Target) -> Result<Connection, SendError> {
    let proxies = Proxies::of(settings).map_err(|e| SendError::Setup(e.to_string()))?;
    let proxy = proxies.for_scheme(target.https).filter(|proxy| applies(proxy, target));
    let Some(proxy) = proxy else {
        let stream = tcp(&target.host, target.port).await?;
        let stream = if target.https { secure(settings, target, stream).await? } else { stream };
        return Ok(Connection { stream, proxied: false, authorization: None });
    };
    let through = Target::of(&proxy.url)?;
    let mut stream = tcp(&through.host, through.port).await?;
    if through.https {
        stream = secure(settings, &through, stream).await?;
    }
    let authorization = authorization(proxy);
    if !target.https {
        return Ok(Connection { stream, proxied: true, authorization });
    }
    tunnel(&mut stream, target, authorization).await?;
    let stream = secure(settings, target, stream).await?;
    Ok(Connection { stream, proxied: false, authorization: None })
}

/// The same rules for `no_proxy` as those of the API's connections.
fn applies(proxy: &Proxy, target: &Target) -> bool {
    let no_proxy = proxy.no_proxy.clone().unwrap_or_default();
    let matcher = Matcher::builder().all(proxy.url.clone()).no(no_proxy).build();
    matcher.intercept(&target.uri).is_some()
}

fn authorization(proxy: &Proxy) -> Option<String> {
    let user = proxy.user.as_ref()?;
    let password = proxy.password.as_ref().map_or("", crate::reveal);
    Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

async fn tcp(host: &str, port: u16) -> Result<Stream, SendError> {
    let stream = TcpStream::connect((host, port)).await;
    Ok(Box::new(stream.map_err(|e| SendError::NotSent(e.to_string()))?))
}

/// Asks the proxy for a way through to the target.
async fn tunnel(
    stream: &mut Stream,
    target: &Target,
    authorization: Option<String>,
) -> Result<(), SendError> {
    let failed = |e: io::Error| SendError::NotSent(format!("the proxy: {e}"));
    let name = match target.host.contains(':') {
        true => format!("[{}]:{}", target.host, target.port),
        false => format!("{}:{}", target.host, target.port),
    };
    let authorization =
        authorization.map_or(String::new(), |text| format!("Proxy-Authorization: {text}\r\n"));
    let request = format!("CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n{authorization}\r\n");
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() > 16 << 10 {
            return Err(SendError::NotSent("the proxy: its answer has no end".into()));
        }
        // Byte by byte: what comes behind is the target's.
        answer.push(stream.read_u8().await.map_err(failed)?);
    }
    let text = String::from_utf8_lossy(&answer);
    let line = text.lines().next().unwrap_or_default();
    match line.split(' ').nth(1) {
        Some("200") => Ok(()),
        _ => Err(SendError::NotSent(format!("the proxy refuses: {line}"))),
    }
}

async fn secure(
    settings: &TransportSettings,
    target: &Target,
    stream: Stream,
) -> Result<Stream, SendError> {
    let config = settings.tls.client_config().map_err(|e| SendError::Setup(e.to_string()))?;
    let name = ServerName::try_from(target.host.clone())
        .map_err(|e| SendError::Setup(format!("the upload's URL: {e}")))?;
    let secured = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    match secured {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(fault) => Err(SendError::Untrusted(TlsFault::of(fault), error.to_string())),
            None => Err(SendError::NotSent(error.to_string())),
        },
    }
}
