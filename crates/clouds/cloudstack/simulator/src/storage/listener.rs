//! Where uploads come in: a TLS listener of its own, as the storage VM's.

use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

/// The name under which the log of calls and faults know an upload.
pub const UPLOAD: &str = "upload";

/// The listener, and who it says it is.
pub struct UploadListener {
    /// Where it listens.
    pub address: SocketAddr,
    identity: OnceLock<Identity>,
    server: OnceLock<AbortHandle>,
}

/// A certificate for the loopback address, signed by a CA of the cloud's own.
struct Identity {
    ca: String,
    acceptor: TlsAcceptor,
}

impl std::fmt::Debug for UploadListener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UploadListener").field("address", &self.address).finish_non_exhaustive()
    }
}

impl UploadListener {
    /// Binds a free port. Nobody is served yet.
    pub fn bind() -> io::Result<(Self, std::net::TcpListener)> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((Self { address, identity: OnceLock::new(), server: OnceLock::new() }, listener))
    }

    /// The certificate of the CA, as PEM.
    pub fn ca_cert(&self) -> &str {
        &self.identity().ca
    }

    /// Made when first needed: most clouds see no upload.
    fn identity(&self) -> &Identity {
        self.identity.get_or_init(|| match identify(self.address) {
            Ok(identity) => identity,
            // Fixed parameters, which a test uses.
            Err(error) => unreachable!("{error}"),
        })
    }

    /// Serves uploads with `serve` until it is closed.
    pub fn open<S, F>(self: &Arc<Self>, listener: std::net::TcpListener, runtime: &Handle, serve: S)
    where
        S: Fn(TlsStream<TcpStream>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = ()> + Send,
    {
        let own = Arc::clone(self);
        let server = runtime.spawn(async move {
            match TcpListener::from_std(listener) {
                Ok(listener) => accept(listener, own, serve).await,
                Err(error) => tracing::error!(%error, "no uploads"),
            }
        });
        self.server.get_or_init(|| server.abort_handle());
    }

    /// Serves nobody any more.
    pub fn close(&self) {
        if let Some(server) = self.server.get() {
            server.abort();
        }
    }
}

async fn accept<S, F>(listener: TcpListener, own: Arc<UploadListener>, serve: S)
where
    S: Fn(TlsStream<TcpStream>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = ()> + Send,
{
    while let Ok((stream, _)) = listener.accept().await {
        let (own, serve) = (Arc::clone(&own), serve.clone());
        tokio::spawn(async move {
            match own.identity().acceptor.accept(stream).await {
                Ok(stream) => serve(stream).await,
                Err(error) => tracing::debug!(%error, "no TLS with who wants to upload"),
            }
        });
    }
}

fn identify(address: SocketAddr) -> Result<Identity, Box<dyn std::error::Error>> {
    let mut params = CertificateParams::new([])?;
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let names = [address.ip().to_string(), "localhost".into()];
    let certificate = CertificateParams::new(names)?.signed_by(&key, &ca)?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())?;
    Ok(Identity { ca: ca.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) })
}
