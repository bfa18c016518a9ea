//! Connections: accepted within a limit, served side by side, ended when they dawdle or the server
//! stops.

use crate::connection_limit::{ConnectionLimit, Slot};
use crate::origin::Origin;
use crate::write_timeout::WriteTimeout;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

const HANDSHAKE: Duration = Duration::from_secs(10);
/// After an accept that failed, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(500);

/// How long others may keep a connection that does nothing.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until a request's headers are there, also of the next request of a connection.
    pub headers: Duration,
    /// While the other side takes nothing of an answer.
    pub write: Duration,
}

/// By which listener a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerKind {
    Plain,
    Tls,
}

/// Who asks, and by which listener.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    pub address: SocketAddr,
    pub listener: ListenerKind,
}

/// A listener, and what it serves.
pub struct Listener {
    pub socket: TcpListener,
    pub tls: Option<TlsAcceptor>,
    pub limit: Arc<ConnectionLimit>,
    pub patience: Patience,
    pub router: Router,
}

impl Listener {
    /// Serves until `stopped` is true, and then until the requests under way are done.
    pub async fn serve(self, mut stopped: watch::Receiver<bool>) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = async {
                let permit = self.limit.free_slot().await;
                self.socket.accept().await.map(|(stream, address)| (permit, stream, address))
            };
            tokio::select! {
                () = stop(&mut stopped) => break,
                accepted = accepted => match accepted {
                    Ok((permit, stream, address)) => {
                        match self.limit.admit(permit, Origin::of(address.ip())) {
                            Some(slot) => {
                                let connection = self.connection(address, slot);
                                connections.spawn(connection.serve(stream, stopped.clone()));
                            }
                            None => tracing::warn!("{}: too many connections", address.ip()),
                        }
                    }
                    Err(error) => {
                        tracing::warn!("accepting a connection: {error}");
                        tokio::time::sleep(PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
        drop(self.socket);
        while connections.join_next().await.is_some() {}
    }

    fn connection(&self, address: SocketAddr, slot: Slot) -> Connection {
        let listener = match self.tls {
            Some(_) => ListenerKind::Tls,
            None => ListenerKind::Plain,
        };
        Connection {
            peer: Peer { address, listener },
            tls: self.tls.clone(),
            patience: self.patience,
            router: self.router.clone(),
            _slot: slot,
        }
    }
}

/// Waits until the server is told to stop.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    // Fails only when the server is gone, and then it is over as well.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// One connection.
struct Connection {
    peer: Peer,
    tls: Option<TlsAcceptor>,
    patience: Patience,
    router: Router,
    _slot: Slot,
}

impl Connection {
    async fn serve(self, stream: TcpStream, stopped: watch::Receiver<bool>) {
        let stream = WriteTimeout::new(stream, self.patience.write);
        let address = self.peer.address;
        match &self.tls {
            None => self.requests(stream, stopped).await,
            Some(tls) => match timeout(HANDSHAKE, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.requests(stream, stopped).await,
                Ok(Err(error)) => tracing::debug!("{address}: TLS handshake: {error}"),
                Err(_) => tracing::debug!("{address}: TLS handshake: timed out"),
            },
        }
    }

    async fn requests(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        mut stopped: watch::Receiver<bool>,
    ) {
        let router = self.router.clone().layer(Extension(self.peer));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.patience.headers)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
        let mut connection = pin!(connection);
        let served = tokio::select! {
            served = connection.as_mut() => served,
            () = stop(&mut stopped) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = served {
            tracing::debug!("{}: {error}", self.peer.address);
        }
    }
}
