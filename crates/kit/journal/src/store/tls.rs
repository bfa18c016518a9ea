//! TLS to PostgreSQL. The crate that does this (tokio-postgres-rustls) brings a second `syn` and
//! an X.509 parser for channel binding, which we do not use.

use cloud_http::{Roots, TransportError, client_config};
use rustls::pki_types::ServerName;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Makes TLS connections.
#[derive(Clone)]
pub(super) struct Tls(TlsConnector);

impl Tls {
    /// Trusts these PEM certificates, or what the system trusts; with `names` a certificate must
    /// be for the server's name.
    pub(super) fn new(roots: Option<&str>, names: bool) -> Result<Self, TransportError> {
        let roots = roots.map_or(Roots::System(None), Roots::Only);
        Ok(Self(TlsConnector::from(Arc::new(client_config(roots, names)?))))
    }
}

/// A connection to one server to come.
pub(super) struct Connect {
    connector: TlsConnector,
    server: ServerName<'static>,
}

/// A connection.
pub(super) struct Stream(TlsStream<Socket>);

type Connecting = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

impl MakeTlsConnect<Socket> for Tls {
    type Stream = Stream;
    type TlsConnect = Connect;
    type Error = rustls::pki_types::InvalidDnsNameError;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Connect, Self::Error> {
        let server = ServerName::try_from(domain)?.to_owned();
        Ok(Connect { connector: self.0.clone(), server })
    }
}

impl TlsConnect<Socket> for Connect {
    type Stream = Stream;
    type Error = io::Error;
    type Future = Connecting;

    fn connect(self, stream: Socket) -> Connecting {
        Box::pin(async move { self.connector.connect(self.server, stream).await.map(Stream) })
    }
}

impl tokio_postgres::tls::TlsStream for Stream {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
