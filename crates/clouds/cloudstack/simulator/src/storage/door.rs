//! Where uploads come in: a TLS listener of its own, as the storage VM's.

use super::upload;
use crate::Shared;
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// The listener, and who it says it is.
pub struct Door {
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

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Door {
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

    /// Serves uploads until it is closed.
    pub fn open(&self, listener: std::net::TcpListener, shared: Shared, runtime: &Handle) {
        let server = runtime.spawn(async move {
            match TcpListener::from_std(listener) {
                Ok(listener) => accept(listener, shared).await,
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

async fn accept(listener: TcpListener, shared: Shared) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            let acceptor = shared.door().identity().acceptor.clone();
            match acceptor.accept(stream).await {
                Ok(stream) => upload::serve(stream, shared).await,
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
